# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:lib/vsprintf.c: as much of `snprintf` as names of carveouts can reach.

The kernel uses a carveout's name, which a firmware may choose, as the format. A conversion without
an argument then prints whatever lies where the argument would be: that has no defined result, even
where it does no harm.
"""

import re
from collections.abc import Iterator

from rprocbench.base.errors import Crash, Undefined

CONVERSION = re.compile(r"%[-+ #0]*\d*(?:\.\d*)?(?:hh|h|ll|l|z|t|L)?(.?)", re.DOTALL)
GARBAGE = "0"  # what a missing number happens to print; the real one differs from boot to boot


def lacking(text: str, args: int) -> str | None:
    """The first conversion of `text` that is more than `args` arguments can serve, or is none."""
    for match in CONVERSION.finditer(text.split("\0", 1)[0]):
        if match[1] != "%":
            args -= 1
            if args < 0 or not match[1]:
                return match[0]
    return None


def snprintf(size: int, text: str, *args: int | str) -> str:
    """`text` with its conversions replaced by `args`, cut to `size` - 1 characters."""
    return "".join(pieces(text.split("\0", 1)[0], iter(args)))[: size - 1]


def pieces(text: str, args: Iterator[int | str]) -> Iterator[str]:
    """What is printed, piece by piece."""
    at = 0
    for match in CONVERSION.finditer(text):
        yield text[at : match.start()]
        at = match.end()
        match match[1]:
            case "%":
                yield "%"
            case "d" | "i" | "u" | "x" | "X" | "o" | "c":
                yield str(next(args, GARBAGE))
            case "p":
                yield "(____ptrval____)"
            case "s":
                name = next(args, None)
                if name is None:
                    raise Crash(Undefined.OOPS, f"the name {text!r} is a format: it wants a string")
                yield str(name)
            case _:
                return  # unknown conversions end the formatting
    yield text[at:]
