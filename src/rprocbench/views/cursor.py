# SPDX-License-Identifier: GPL-2.0-or-later
"""One cursor for all views of one run: what views agree on, and how they are joined.

`cursor` is the event that happened last, `offset`, `span` and `hover` are bytes of the image (see
`bytes_view`), `item` is the name of a thing in memory. Two views share what both have. In a
notebook `linked` joins them in the browser; on an offline page `cursor_page.js` does the same.
"""

from itertools import pairwise
from typing import Any

SHARED = ("cursor", "offset", "span", "hover", "item")


def linked(*widgets: Any) -> list[Any]:
    """Join the views: what one of them sets, all others that know of it follow, without Python.

    Gives the links; `link.unlink()` takes one apart again. Needs the `lab` extra.
    """
    import ipywidgets  # noqa: PLC0415  only where there are widgets

    links = []
    for trait in SHARED:
        who = [widget for widget in widgets if widget.has_trait(trait)]
        links += [ipywidgets.jslink((a, trait), (b, trait)) for a, b in pairwise(who)]
    return links
