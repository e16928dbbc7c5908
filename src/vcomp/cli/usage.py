"""What is wrong with a command line itself, in the same one line as every other error."""

from __future__ import annotations

import re
from typing import Any

from rich.text import Text
from typer import TyperException
from typer.core import TyperGroup

from vcomp.errors import UsageError, did_you_mean

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
# By the names of pydantic's errors.
_NOT_OF_THE_KIND = {"int_parsing": "whole number", "float_parsing": "number"}
_TOO_MANY = re.compile(r"extra argument\S* \((.*)\)")
_UNKNOWN_COMMAND = re.compile(r"No such command '(.*?)'")


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
    """The error as a sentence and a remedy; Typer's own where it only stands for the help.

    Args:
        error: What Typer found wrong.
        command: Whose command line it is.
        called: How that is typed.
    """
    # Typer's classes are private: what an error carries tells which one it is.
    if type(error).__name__ == "NoArgsIsHelpError":
        return error
    see = f"See {called} --help."
    option_name: str | None = getattr(error, "option_name", None)
    if option_name is not None and hasattr(error, "possibilities"):
        return UsageError(
            f"There is no option {option_name}.", hint=f"{_option_guess(option_name, command)}{see}"
        )
    parameter: Any = getattr(error, "param", None)
    if parameter is None and option_name is not None:
        parameter = next((one for one in command.params if option_name in one.opts), None)
    if parameter is not None:
        return UsageError(_complaint(error, parameter), hint=_wanted(parameter) or see)
    if match := _UNKNOWN_COMMAND.match(error.format_message()):
        names = list(command.commands)
        guess = did_you_mean(match[1], names)
        return UsageError(
            f"There is no command {match[1]!r}.", hint=f"{guess}Choose from {', '.join(names)}."
        )
    if match := _TOO_MANY.search(error.format_message()):
        return UsageError(f"{called} has no place for {match[1]!r}.", hint=see)
    return UsageError(_sentence(error.format_message()), hint=see)


def _complaint(error: TyperException, parameter: Any) -> str:
    """What is wrong with the value of an option or argument."""
    name = _name(parameter)
    if hasattr(error, "param_type"):
        return f"{name} is missing."
    if hasattr(error, "option_name"):
        return f"{name} has a value, and takes none." if parameter.is_flag else f"{name} has no value."
    problems: list[Any] = getattr(error.__cause__, "errors", list)()
    if problems and (kind := _NOT_OF_THE_KIND.get(problems[0]["type"])):
        return f"{name} is {problems[0]['input']}, which is no {kind}."
    return f"{name}: {_sentence(error.message.removeprefix('Value error, '))}"


def _wanted(parameter: Any) -> str:
    """What an option or argument takes, by its own help; nothing where it has none."""
    if getattr(parameter, "is_flag", False) or not parameter.help:
        return ""
    words = Text.from_markup(parameter.help.partition(" [dim]")[0]).plain
    if words[1:2].islower() or words[1:2] == " ":
        words = words[0].lower() + words[1:]
    if parameter.param_type_name == "argument":
        return f"Name {words}"
    metavar = f" {parameter.metavar}" if parameter.metavar else ""
    return f"Give {min(parameter.opts, key=len)}{metavar}: {words}"


def _option_guess(option: str, command: Any) -> str:
    """The option that was probably meant, as the start of a hint."""
    known = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    if (meant := _ALSO_CALLED.get(option)) is None:
        return did_you_mean(option, known)
    return f"Did you mean {meant}? " if meant in known else ""


def _name(parameter: Any) -> str:
    """As in the help: `--out (-o)`, or the metavar of an argument."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    long, *others = sorted(parameter.opts, key=len, reverse=True)
    return f"{long} ({', '.join(others)})" if others else str(long)


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
