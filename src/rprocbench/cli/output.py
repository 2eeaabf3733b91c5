# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the command line writes: results to standard output, remarks to standard error."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rprocbench.base.errors import InputCode, InputError


def inert(text: str) -> str:
    """`text` with every character that could steer a terminal as an escape; newlines stay.

    Names come from images and from other people's disks.
    """
    if text.isprintable() or all(map(str.isprintable, text.split("\n"))):
        return text
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
    with writing():
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def finish() -> None:
    """Send out what was printed so far. Raises what `out` raises."""
    with writing():
        sys.stdout.flush()


@contextmanager
def writing() -> Iterator[None]:
    """Say in one line that standard output takes no more; a reader that has gone is no error here.

    Raises `InputError` NOT_WRITABLE, or `BrokenPipeError`.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon()
        why = f"standard output cannot be written: {error.strerror}"
        raise InputError(InputCode.NOT_WRITABLE, why) from None


def abandon() -> None:
    """Write no more: what is left in the buffer would fail once again while Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
