# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace in which every string field is an attack on a page and on a terminal."""

from rprocbench.base.errors import Cite, Span
from rprocbench.base.trace import (
    Changed,
    Created,
    Entered,
    Failed,
    Fetched,
    Filled,
    Gone,
    Lane,
    Left,
    Logged,
    Message,
    Passed,
    Ran,
    Signalled,
    Trace,
    Unwound,
    Wrote,
)  # fmt: skip

ATTACK = "<img src=x onerror=alert(1)>\x1b[31m\u202e\r\n</script><script>alert(2)</script>\"'&"


def hostile_trace(attack: str = ATTACK) -> Trace:
    """One event of each type at least."""
    cite = Cite("linux", f"drivers/{attack}", attack)
    return [
        Created(attack, attack, Lane.HARDWARE, ((attack, attack), ("size", 1))),
        Created("ram", "Ram", Lane.HARDWARE, (("size", 4096), ("fill", 0))),
        Entered(attack, 1, 0, cite, attack),
        Logged(Lane.LINUX, attack, attack),
        Entered(attack, 2, 1, cite, attack),
        Changed(attack, attack, attack, "DONE"),
        Wrote(Lane.LINUX, "ram", 0, b"<script>"),
        Filled(Lane.LINUX, "ram", 0, 4, 1),
        Fetched(Lane.LINUX, Span(attack, 0, 4)),
        Signalled(attack, attack, Lane.LINUX, Lane.M4),
        Ran(0, 10, 0x1000, attack),
        Message("received", 1, 2, attack.encode()),
        Passed(attack, Lane.M4, (1, 2), attack, 3, 4),
        Entered(attack, 3, 2, cite, attack),
        Failed(attack, 2, attack, attack, Span(attack, 0, 4)),
        Unwound(attack, attack, 1),
        Failed(attack, 1, attack, attack),
        Left(attack, 0),
        Gone(attack),
    ]
