# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal: how wide it is, and whether it takes colour and more than ASCII."""

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TextIO

WIDEST = 132
NARROWEST = 40
# Roles, not colours: what a piece of text is. The sixteen colours adapt to the user's own theme.
SGR = {
    "Linux": "34", "OP-TEE": "32", "M4": "33", "hardware": "35", "error": "1;31", "ok": "1;32",
    "strong": "1", "dim": "2", "changed": "1;4", "": "",
}  # fmt: skip
ASCII = str.maketrans({
    "│": "|", "─": "-", "┬": "+", "┴": "+", "├": "+", "┤": "+", "┼": "+", "▶": ">", "◀": "<",
    "┃": "|", "╌": ".", "✗": "x", "✓": "v", "↶": "~", "↯": "!", "·": "-", "…": "~", "→": ">",
    "“": '"', "”": '"', "»": ">", "█": "#", "▓": "=", "▒": ":", "░": ".", "×": "x", "▪": "*",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where text goes. The default is plain: no colour, 100 columns, Unicode."""

    width: int = 100
    colour: bool = False
    unicode: bool = True

    @classmethod
    def of(cls, stream: TextIO | None = None) -> "Terminal":
        """What `stream` (standard output) can show. `NO_COLOR` is honoured."""
        stream = stream or sys.stdout
        width = min(shutil.get_terminal_size((100, 24)).columns, WIDEST)
        tty = stream.isatty() and os.environ.get("TERM") != "dumb"
        utf8 = (getattr(stream, "encoding", "") or "").lower().replace("-", "").startswith("utf")
        return cls(max(width, NARROWEST), tty and not os.environ.get("NO_COLOR"), utf8)

    def paint(self, text: str, role: str) -> str:
        """`text` in the colour of its role, where there is colour."""
        code = SGR.get(role, "")
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text else text

    def finish(self, lines: list[str]) -> str:
        """The lines as one text, without trailing blanks."""
        text = "\n".join(line.rstrip() for line in lines)
        return text if self.unicode else text.translate(ASCII).encode("ascii", "replace").decode()
