# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows: what stands side by side in every form of a timeline."""

from dataclasses import dataclass

from rprocbench.base.trace import Lane

# A glyph and a word for each kind of row, so that no kind is told by colour alone.
GLYPHS = {
    "call": "", "failed": "✗", "injected": "↯", "unwound": "↶", "returned": "✓", "created": "+",
    "changed": "·", "gone": "×", "wrote": "▪", "fetched": "▪", "logged": "", "signal": "",
    "message": "", "ran": "»", "passed": "✉", "omitted": "…",
}  # fmt: skip
WORDS = {
    "call": "call", "failed": "failed", "injected": "failed, injected", "unwound": "unwinding",
    "returned": "returned", "created": "created", "changed": "changed", "gone": "gone",
    "wrote": "memory", "fetched": "memory", "logged": "console", "signal": "signal",
    "message": "message", "ran": "ran", "passed": "message", "omitted": "left out",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row: events `index` to `last` of the trace, in `lane`, or from it to `target`.

    `depth` counts the told callers, `local` those of them since the lane was entered. `details` are
    what the row sums up: fields that changed, bytes written, why an error. `outcome` is ✓ or ✗ on a
    call, for how it ended.
    """

    index: int
    last: int
    lane: Lane
    kind: str
    text: str
    depth: int
    local: int
    details: tuple[str, ...] = ()
    target: Lane | None = None
    level: str = ""
    outcome: str = ""

    @property
    def glyph(self) -> str:
        """One character that says what kind of row this is; empty for calls and arrows."""
        return GLYPHS[self.kind]

    @property
    def is_bad(self) -> bool:
        """Whether an error is told here."""
        return self.kind in {"failed", "injected"} or self.level == "err"
