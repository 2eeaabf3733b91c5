# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the real code leaves what C defines: reads outside a buffer, pointers that wrap (ours).

The model never follows it there: it goes on with a documented layout, or kills the TA, and keeps a
`Hazard` that says what happened, at which byte, and what a loader that looks first would answer.
"""

import sys
from dataclasses import dataclass, field

from rprocbench.base.errors import Span, TeeResult
from rprocbench.base.run import MIRRORED, Run
from rprocbench.base.trace import Lane

READ = "read"
WRAP = "wrap"
FREE = "free"
MAX_HAZARDS = 64  # a walk that has left its buffer tells nothing new after that many steps


@dataclass(frozen=True, slots=True)
class Hazard:
    """One step outside of C.

    `kind` is `read` (bytes outside the buffer), `free` (twice, D-4) or `wrap` (a pointer that may
    leave the address space; a compiler may drop the check that follows it, see PR #8011).
    `span` may begin before the buffer or end behind it. `safe` is a safe loader's result.
    """

    kind: str
    why: str
    span: Span
    function: str
    safe: TeeResult

    def __str__(self) -> str:
        return f"{self.why} at {self.span} (in {self.function})"


def function_now(run: Run) -> str:
    """The modelled function that is being executed."""
    if run.stack:
        return run.stack[-1]
    frame = sys._getframe(1)  # noqa: SLF001  a run without places keeps no stack of its own
    while frame.f_back is not None:
        if frame.f_code.co_name in MIRRORED:
            return frame.f_code.co_name
        frame = frame.f_back
    return ""


@dataclass
class Hazards:
    """The hazards of one TA. With `is_safe` the first outside read ends in its safe result."""

    run: Run
    is_safe: bool = False
    found: list[Hazard] = field(default_factory=list)

    def note(self, hazard: Hazard) -> None:
        """Keep a hazard, and tell the reader of the trace."""
        if len(self.found) < MAX_HAZARDS and hazard not in self.found:
            self.found.append(hazard)
            self.run.log(Lane.OPTEE, f"undefined: {hazard}", "debug")
