# SPDX-License-Identifier: GPL-2.0-or-later
"""HTML and SVG by hand, with every string escaped."""

import base64
from html import escape

from .wording import clean


class Markup(str):
    """A string that is already markup. Everything else is text, and is escaped."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """One element. `class_` writes `class`, `aria_label` writes `aria-label`; None is left out.

    >>> tag("td", "a < b", class_="x")
    '<td class="x">a &lt; b</td>'
    """
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            attribute = key.rstrip("_").replace("_", "-")
            words.append(f'{attribute}="{escape(clean(value))}"')
    opening = "<" + " ".join(words)
    if name in {"img", "rect", "line", "path", "circle", "col"} and not children:
        return Markup(opening + "/>")
    return Markup(f"{opening}>{join(children)}</{name}>")


def join(children: object) -> Markup:
    """Children as markup: markup as it is, lists in turn, all else escaped, its lines kept."""
    match children:
        case Markup():
            return children
        case None:
            return Markup()
        case list() | tuple():
            return Markup("".join(join(child) for child in children))
        case _:
            lines = map(clean, str(children).split("\n"))
            return Markup(escape("\n".join(lines)))


def picture(svg: str, alt: str, width: int) -> Markup:
    """An SVG as an image with a text alternative: kept even in untrusted notebooks."""
    source = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    return tag("img", src=source, alt=alt, width=width, class_="rb-picture")
