# SPDX-License-Identifier: GPL-2.0-or-later
"""What our pictures share: a style with both themes, and patterns beside the colours."""

from functools import cache
from pathlib import Path

from .markup import Markup, join, tag

KINDS = 6


@cache
def style() -> Markup:
    """The style of a picture.

    Inside <img> it sees neither the page's style nor its theme, so it brings its own ground.
    """
    return Markup(Path(__file__).with_name("svg.css").read_text(encoding="utf-8"))


def patterns() -> Markup:
    """Overlays by number: none, diagonal, dots, counter-diagonal, horizontal, grid."""
    lines = {
        1: "M0 8 L8 0", 3: "M0 0 L8 8", 4: "M0 4 H8", 5: "M4 0 V8 M0 4 H8",
    }  # fmt: skip
    shapes = {
        number: tag("path", d=d, class_="hatch", opacity=0.45 if number < KINDS - 1 else 0.2)
        for number, d in lines.items()
    }
    shapes[2] = tag("circle", cx=4, cy=4, r=1.3, class_="dot", opacity="0.55")
    return tag("defs", [
        tag("pattern", shape, id=f"p{number}", width=8, height=8, patternUnits="userSpaceOnUse")
        for number, shape in sorted(shapes.items())
    ])  # fmt: skip


def box(x: float, y: float, width: float, height: float, kind: int) -> Markup:
    """A rectangle of a kind: colour, pattern and edge."""
    at = {
        "x": f"{x:.1f}",
        "y": f"{y:.1f}",
        "width": f"{max(width, 2):.1f}",
        "height": f"{height:.1f}",
    }
    kind %= KINDS
    layers = [tag("rect", **at, class_=f"k{kind}")]
    if kind:
        layers.append(tag("rect", **at, fill=f"url(#p{kind})"))
    return join([*layers, tag("rect", **at, class_="edge")])


def words(x: float, y: float, text: str, class_: str = "", anchor: str | None = None) -> Markup:
    """A piece of text with its base line at `y`."""
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", class_=class_ or None, text_anchor=anchor)


def drawing(width: int, height: float, content: object, title: str) -> str:
    """The whole picture."""
    return tag(
        "svg",
        tag("title", title),
        tag("style", style()),
        patterns(),
        tag("rect", x=0, y=0, width="100%", height="100%", class_="ground"),
        join(content),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height:.0f}", width=width, height=f"{height:.0f}",
    )  # fmt: skip


def text_width(text: str, *, mono: bool = False) -> float:
    """About how many pixels a label takes; a little too many rather than too few."""
    return len(text) * (6.9 if mono else 7.2)
