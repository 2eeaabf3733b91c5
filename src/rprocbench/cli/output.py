# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the command line writes: results to standard output, remarks to standard error."""

import json
import shutil
import sys
from typing import Any


def inert(text: str) -> str:
    """`text` with every character that could steer a terminal as an escape; newlines stay.

    Names come from images and from other people's disks.
    """
    return "".join(
        c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def out(text: str) -> None:
    """Print a result."""
    out_as_drawn(inert(text))


def out_as_drawn(text: str) -> None:
    """Print what a view has drawn: inert already, and perhaps in colour.

    A character that the terminal's encoding lacks becomes an escape.
    """
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def warn(text: str) -> None:
    """Print a remark, on one line."""
    line = inert(text.replace("\n", " "))
    sys.stderr.write(f"rprocbench: {line}\n")


def as_json(data: Any) -> str:
    """`data` for programs: indented, in the order given."""
    return json.dumps(data, indent=2, ensure_ascii=True)


def width() -> int:
    """How many columns there are to write on."""
    return shutil.get_terminal_size((120, 40)).columns if sys.stdout.isatty() else 120
