# SPDX-License-Identifier: GPL-2.0-or-later
"""What the modelled machine says, line by line, as it says it."""

from collections.abc import Callable

from rprocbench.base.errors import Errno, RprocError
from rprocbench.base.run import Run
from rprocbench.base.trace import Lane, Logged

SAYS = {Lane.LINUX: "kernel", Lane.OPTEE: "optee", Lane.M4: "firmware", Lane.HARDWARE: "board"}


class Console:
    """Follows the log lines of a run, and forgets the rest of its trace: it runs for days."""

    def __init__(self, run: Run, tell: Callable[[str], None], *, verbose: bool) -> None:
        self.run, self.tell, self.verbose = run, tell, verbose

    def follow(self) -> None:
        """Tell what was said since the last call."""
        for event in self.run.trace:
            if not isinstance(event, Logged):
                continue
            if event.level == "debug" and not self.verbose:
                continue
            level = "" if event.level in ("info", "trace") else f" {event.level}"
            self.tell(f"{SAYS.get(event.lane, event.lane.value)}{level}: {event.text}")
        self.run.trace.clear()

    def refused(self, what: str, error: RprocError) -> None:
        """Tell that something a user did was refused, as his system call would have told him."""
        number = f" ({-error.code.value})" if isinstance(error.code, Errno) else ""
        why = f": {error.why}" if error.why else ""
        self.tell(f"{what}: {error.code.name}{number}{why}")
