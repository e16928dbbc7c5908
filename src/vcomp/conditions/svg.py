"""Strokes from the paths of an SVG drawing, as any vector program writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float
from pydantic import ValidationError
from svg.path import Close, Line, Move, parse_path

from vcomp.conditions.strokes import Stroke, Strokes, read_text
from vcomp.errors import MediaError, UsageError

MAX_PATH_CHARACTERS = 100_000  # the parser's time grows with the square
MAX_DEPTH = 64
_CURVE_POINTS = 16
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")
_PARSER_ERRORS = (ValueError, IndexError, TypeError, AttributeError, ArithmeticError)
_HINT = "Draw paths, lines or polylines, and save as plain SVG."


def read_svg(path: Path) -> Strokes:
    """Every path, line and polyline as a stroke, in the frame that the drawing's `viewBox` spans.

    Half the line's width is the radius; `data-start`, `data-end`, `data-eased`, `data-radius`, `data-falloff`
    and `data-mask` set what the fields of `Stroke` of these names do. Parts of a path that are not joined are
    strokes of their own. What has `stroke="none"` is no stroke, and neither is what a `defs` holds.

    Raises:
        MediaError: The file is no SVG, or has no strokes.
    """
    text = read_text(path)
    # No drawing needs entities; those that expand without end are how XML is attacked.
    if "<!ENTITY" in text:
        raise MediaError(f"{path} defines XML entities, which are not expanded.", hint=_HINT)
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise MediaError(f"{path} is no SVG: {error}.", hint=_HINT) from error
    if _tag(root) != "svg":
        raise MediaError(f"{path} is no SVG: it is a <{_tag(root)}>.", hint=_HINT)
    try:
        left, top, width, height = _view_box(root)
        origin = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
        strokes = tuple(_strokes(root, origin, {}))
        if not strokes:
            raise MediaError(f"{path} has no strokes in it.", hint=_HINT)
        return Strokes(size=(width, height), strokes=strokes)
    except (*_PARSER_ERRORS, UsageError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise MediaError(f"{path} cannot be read as strokes: {reason.rstrip('.')}.", hint=_HINT) from error


def _strokes(
    element: ElementTree.Element,
    to_frame: Float[np.ndarray, "3 3"],
    inherited: dict[str, str],
    depth: int = 0,
) -> Iterator[Stroke]:
    if depth > MAX_DEPTH:
        raise ValueError("its groups lie too deep in each other")
    tag = _tag(element)
    if tag in ("defs", "clipPath", "mask", "symbol", "marker", "pattern"):
        return
    to_frame = to_frame @ _transform(element.get("transform", ""))
    style = {**inherited, **_style(element)}
    if tag in _POINTS and style.get("stroke") != "none":
        for points in _POINTS[tag](element):
            yield _stroke(element, points, to_frame, style)
    for child in element:
        yield from _strokes(child, to_frame, style, depth + 1)


def _stroke(
    element: ElementTree.Element,
    points: Float[np.ndarray, "n 2"],
    to_frame: Float[np.ndarray, "3 3"],
    style: dict[str, str],
) -> Stroke:
    placed = points @ to_frame[:2, :2].T + to_frame[:2, 2]
    scale = float(np.sqrt(abs(np.linalg.det(to_frame[:2, :2]))))
    fields: dict[str, object] = {"points": tuple(map(tuple, placed.tolist()))}
    for name in ("start", "end", "radius", "falloff"):
        if (value := element.get(f"data-{name}")) is not None:
            fields[name] = float(value) * (scale if name in ("radius", "falloff") else 1)
    mask = element.get("data-mask")
    if mask is not None:
        fields["mask"] = mask
    elif "radius" not in fields and "stroke-width" in style:
        fields["radius"] = _length(style["stroke-width"]) * scale / 2
    fields["eased"] = element.get("data-eased", "false").lower() in ("true", "1", "yes")
    return Stroke.model_validate(fields)


def path_points(data: str) -> Iterator[Float[np.ndarray, "n 2"]]:
    """Points along each of the joined parts of a path, curves as sixteen straight pieces.

    Args:
        data: What an SVG path's `d` holds.

    Raises:
        ValueError: It is too long, or no path.
    """
    if len(data) > MAX_PATH_CHARACTERS:
        raise ValueError("a path is too long")
    points: list[complex] = []
    for part in parse_path(data):
        if isinstance(part, Move):
            yield from _joined(points)
            points = [part.end]
        elif isinstance(part, Line | Close):
            points.append(part.end)
        else:
            points.extend(part.point(step / _CURVE_POINTS) for step in range(1, _CURVE_POINTS + 1))
    yield from _joined(points)


def _element_points(element: ElementTree.Element) -> Iterator[Float[np.ndarray, "n 2"]]:
    return path_points(element.get("d", ""))


def _joined(points: list[complex]) -> Iterator[Float[np.ndarray, "n 2"]]:
    if len(points) > 1:
        yield np.array([(point.real, point.imag) for point in points])


def _line_points(element: ElementTree.Element) -> Iterator[Float[np.ndarray, "n 2"]]:
    ends = [_length(element.get(name, "0")) for name in ("x1", "y1", "x2", "y2")]
    yield np.array(ends).reshape(2, 2)


def _polyline_points(element: ElementTree.Element) -> Iterator[Float[np.ndarray, "n 2"]]:
    numbers = [float(number) for number in re.findall(_NUMBER, element.get("points", ""))]
    if len(numbers) >= 4:
        yield np.array(numbers[: len(numbers) // 2 * 2]).reshape(-1, 2)


_POINTS: dict[str, Callable[[ElementTree.Element], Iterator[Float[np.ndarray, "n 2"]]]] = {
    "path": _element_points,
    "line": _line_points,
    "polyline": _polyline_points,
}


def _view_box(root: ElementTree.Element) -> tuple[float, float, float, float]:
    numbers = [float(number) for number in re.findall(_NUMBER, root.get("viewBox", ""))]
    if len(numbers) != 4:
        numbers = [0.0, 0.0, _length(root.get("width", "0")), _length(root.get("height", "0"))]
    left, top, width, height = numbers
    if width <= 0 or height <= 0:
        raise ValueError("it has neither a viewBox nor a width and a height")
    return left, top, width, height


def _style(element: ElementTree.Element) -> dict[str, str]:
    """What concerns strokes, from attributes and from the `style` attribute, which counts more."""
    own = {name: value for name in ("stroke", "stroke-width") if (value := element.get(name)) is not None}
    for declaration in element.get("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in ("stroke", "stroke-width"):
            own[name.strip()] = value.strip()
    return own


def _transform(text: str) -> Float[np.ndarray, "3 3"]:
    matrix = np.eye(3)
    for kind, arguments in _TRANSFORM.findall(text):
        matrix = matrix @ _one_transform(kind, [float(v) for v in re.findall(_NUMBER, arguments)])
    return matrix


def _one_transform(kind: str, values: list[float]) -> Float[np.ndarray, "3 3"]:
    match kind, values:
        case "matrix", [a, b, c, d, e, f]:
            return np.array([[a, c, e], [b, d, f], [0, 0, 1]])
        case "translate", [x, *rest]:
            return np.array([[1, 0, x], [0, 1, rest[0] if rest else 0.0], [0, 0, 1]])
        case "scale", [x, *rest]:
            return np.diag([x, rest[0] if rest else x, 1.0])
        case "rotate", [degrees, *rest]:
            cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
            turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
            x, y = rest if len(rest) == 2 else (0.0, 0.0)
            there, back = np.eye(3), np.eye(3)
            there[:2, 2], back[:2, 2] = (x, y), (-x, -y)
            return np.asarray(there @ turn @ back)
        case "skewX", [degrees]:
            return np.array([[1, np.tan(np.radians(degrees)), 0], [0, 1, 0], [0, 0, 1]])
        case "skewY", [degrees]:
            return np.array([[1, 0, 0], [np.tan(np.radians(degrees)), 1, 0], [0, 0, 1]])
    raise ValueError(f"the transform {kind} has {len(values)} numbers")


def _length(text: str) -> float:
    """A number, whatever unit stands behind it: one unit a drawing is what programs write."""
    match = re.match(rf"\s*({_NUMBER})", text)
    if not match:
        raise ValueError(f"{text!r} is no length")
    return float(match[1])


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
