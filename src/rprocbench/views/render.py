# SPDX-License-Identifier: GPL-2.0-or-later
"""A view is a description, a frozen dataclass; these functions draw any description.

Each view's module registers its own description here, so text, HTML and picture cannot disagree
about what there is to see.
"""

from functools import cache, singledispatch
from pathlib import Path

from .terminal import Terminal


@singledispatch
def text(view: object, terminal: Terminal) -> str:
    """`view` for a terminal."""
    del terminal
    raise TypeError(f"no text for a {type(view).__name__}")


@singledispatch
def body(view: object) -> str:
    """`view` as HTML without its style sheet: a figure with a text alternative, and a table."""
    raise TypeError(f"no HTML for a {type(view).__name__}")


@cache
def stylesheet() -> str:
    """The style sheet that all views share."""
    return Path(__file__).with_name("base.css").read_text(encoding="utf-8")


def html(view: object) -> str:
    """`view` as HTML that stands on its own, in a notebook cell for instance."""
    return f"<style>{stylesheet()}</style>\n{body(view)}"
