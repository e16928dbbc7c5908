"""What is wrong with a command line itself, in the same one line as every other error."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from typer import TyperException
from typer.core import TyperGroup

from vcomp.errors import UsageError

# What people who know other programs call these options.
_ALSO_CALLED = {
    "--prompt": "--text",
    "--caption": "--text",
    "--output": "--out",
    "--num-frames": "--frames",
    "--length": "--frames",
    "--resolution": "--size",
    "--width": "--size",
    "--height": "--size",
    "--scheduler": "--sampler",
    "--cfg-scale": "--guidance-scale",
    "--bundle": "--from",
}


class Commands(TyperGroup):
    """A group of commands whose usage errors are the project's own."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Parse what stands before the command.

        Raises:
            UsageError: It is not understood.
        """
        try:
            return super().make_context(*args, **extra)
        except TyperException as error:
            raise _retold(error, self, "vcomp") from error

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            UsageError: There is no such command, or its options are not understood.
        """
        try:
            return super().invoke(ctx)
        except TyperException as error:
            name = ctx.invoked_subcommand
            command = self.commands.get(name, self)
            called = ctx.command_path if command is self else f"{ctx.command_path} {name}"
            raise _retold(error, command, called) from error


def _retold(error: TyperException, command: Any, called: str) -> Exception:
    """Typer's sentence with a remedy; Typer's own error where it only stands for the help.

    Args:
        error: What Typer found wrong. Its classes are private: what it carries tells which one it is.
        command: Whose command line it is.
        called: How that is typed.
    """
    if type(error).__name__ == "NoArgsIsHelpError":
        return error
    see = f"See {called} --help."
    option: str = getattr(error, "option_name", "")
    meant = _ALSO_CALLED.get(option)
    if hasattr(error, "possibilities") and any(meant in parameter.opts for parameter in command.params):
        return UsageError(f"No such option: {option}.", hint=f"Did you mean {meant}? {see}")
    sentence = error.format_message()
    if not sentence.endswith((".", "?")):
        sentence += "."
    parameter = getattr(error, "param", None)
    return UsageError(sentence, hint=see if parameter is None else _wanted(parameter) or see)


def _wanted(parameter: Any) -> str:
    """What an option or argument takes, by its own help; nothing where it has none."""
    if getattr(parameter, "is_flag", False) or not parameter.help:
        return ""
    words = Text.from_markup(parameter.help.partition(" [dim]")[0]).plain
    if parameter.param_type_name == "argument":
        return f"It is: {words}"
    return f"{max(parameter.opts, key=len)} takes: {words}"
