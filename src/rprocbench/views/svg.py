# SPDX-License-Identifier: GPL-2.0-or-later
"""What our pictures share: a style with both themes, patterns that tell kinds apart without colour."""

from .markup import Markup, join, tag

# A picture inside <img> sees neither the page's style nor its theme variables: it brings its own
# ground, so that it reads well wherever it lands.
STYLE = """
text { font: 12px "DejaVu Sans", system-ui, sans-serif; fill: var(--ink); }
.mono { font-family: "DejaVu Sans Mono", ui-monospace, monospace; font-size: 11px; }
.label { paint-order: stroke; stroke: var(--ground); stroke-width: 3px; stroke-linejoin: round; }
.dim { fill: var(--dim); } .strong { font-weight: 650; font-size: 13px; } .bad { fill: var(--bad); font-weight: 650; }
.ground { fill: var(--ground); } .empty { fill: var(--empty); stroke: var(--edge); }
.tick { stroke: var(--edge); } .edge { fill: none; stroke: var(--ink); stroke-width: 1; }
.hatch { stroke: var(--ink); stroke-width: 1.1; fill: none; } .dot { fill: var(--ink); }
.k0 { fill: var(--blue); } .k1 { fill: var(--green); } .k2 { fill: var(--orange); } .k3 { fill: var(--pink); }
.k4 { fill: var(--sky); } .k5 { fill: var(--plain); } .kbad { stroke: var(--bad); stroke-width: 2.5; fill: none; }
svg { --ground: #ffffff; --ink: #1b1f24; --dim: #57606a; --edge: #7d8590; --empty: #f5f6f8; --bad: #b3261e;
  --blue: #a9d0ee; --green: #a5dcc8; --orange: #f3d08d; --pink: #e8c0da; --sky: #cfe8f7; --plain: #ffffff; }
@media (prefers-color-scheme: dark) { svg { --ground: #14171c; --ink: #e8ebef; --dim: #a3adb9; --edge: #7d8692;
  --empty: #1e232b; --bad: #ff9d92; --blue: #17456b; --green: #10503d; --orange: #5f4310; --pink: #5c2c4d;
  --sky: #28485c; --plain: #14171c; } }
"""
KINDS = 6


def patterns() -> Markup:
    """Overlays by number: none, diagonal, dots, counter-diagonal, horizontal, grid."""
    lines = {
        1: "M0 8 L8 0", 3: "M0 0 L8 8", 4: "M0 4 H8", 5: "M4 0 V8 M0 4 H8",
    }  # fmt: skip
    shapes = {number: tag("path", d=d, class_="hatch", opacity="0.45") for number, d in lines.items()}
    shapes[2] = tag("circle", cx=4, cy=4, r=1.3, class_="dot", opacity="0.55")
    return tag("defs", [
        tag("pattern", shape, id=f"p{number}", width=8, height=8, patternUnits="userSpaceOnUse")
        for number, shape in sorted(shapes.items())
    ])  # fmt: skip


def box(x: float, y: float, width: float, height: float, kind: int) -> Markup:  # noqa: PLR0913
    """A rectangle of a kind: colour, pattern and edge."""
    at = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{max(width, 2):.1f}", "height": f"{height:.1f}"}
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
        tag("style", Markup(STYLE)),
        patterns(),
        tag("rect", x=0, y=0, width="100%", height="100%", class_="ground"),
        join(content),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height:.0f}", width=width, height=f"{height:.0f}",
    )  # fmt: skip


def text_width(text: str, *, mono: bool = False) -> float:
    """About how many pixels a label takes; a little too many rather than too few."""
    return len(text) * (6.9 if mono else 7.2)
