# SPDX-License-Identifier: GPL-2.0-or-later
"""What an invariant says when it is broken."""

from dataclasses import dataclass

SPELLED = {"linux": "Linux", "ta": "TA", "load": "LOAD", "release": "RELEASE", "iommu": "IOMMU"}


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """An invariant that does not hold: its name, what is wrong, and the event that shows it.

    `what` names no event, so that the same breach in two runs is equal but for its `index`.
    """

    invariant: str
    what: str
    index: int

    @property
    def sentence(self) -> str:
        """The invariant in words."""
        return " ".join(SPELLED.get(word, word) for word in self.invariant.split("_"))

    @property
    def key(self) -> tuple[str, str]:
        """What makes two breaches the same."""
        return self.invariant, self.what
