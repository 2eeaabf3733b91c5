# SPDX-License-Identifier: GPL-2.0-or-later
"""What firmware prints, kept apart by the way it took: semihosting, ITM, each serial port."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .registers import Peripheral

KEPT = 1 << 20  # bytes per console; more is counted, not kept
LINE = 200  # characters at which a line is told without its end
TOLD = 2000  # lines that are told


@dataclass
class Console(Peripheral):
    """The bytes so far in `text`, and each line to `tell(line)` as it ends.

    `sent` counts all bytes. Going back cuts the text; running on prints it again.
    """

    name: str
    tell: Callable[[str], None]
    text: bytearray = field(default_factory=bytearray)
    sent: int = 0
    line_start: int = 0
    lines: int = 0

    def put(self, data: bytes) -> None:
        """Print."""
        self.sent += len(data)
        self.text += data[: max(0, KEPT - len(self.text))]
        while self.line_start < len(self.text):
            end = self.text.find(b"\n", self.line_start, self.line_start + LINE)
            if end < 0:
                if len(self.text) - self.line_start < LINE:
                    break
                end = self.line_start + LINE - 1
            line = bytes(self.text[self.line_start : end + 1])
            self.line_start = end + 1
            self.lines += 1
            if self.lines <= TOLD:
                self.tell(f"{self.name}: {line.decode('utf-8', 'replace').rstrip()}")

    def reset(self) -> None:
        """What was printed stays printed."""

    def restore(self, state: dict[str, int]) -> None:  # type: ignore[override]
        """Go back, and forget what was printed since."""
        super().restore(state)
        del self.text[self.sent :]
