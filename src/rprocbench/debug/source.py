# SPDX-License-Identifier: GPL-2.0-or-later
"""The text of source files, where they can be found."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MAX_SOURCE = 8 << 20


@dataclass
class Sources:
    """Looks for a file as debug information names it: in `places`, and where it says itself."""

    places: tuple[Path, ...]
    _lines: dict[str, list[str] | None] = field(default_factory=dict)

    def lines(self, name: str) -> list[str] | None:
        """The lines of a file, or None where it is not to be found."""
        if name not in self._lines:
            self._lines[name] = self._read(name)
        return self._lines[name]

    def line(self, name: str, number: int) -> str | None:
        """One line, counted from 1."""
        lines = self.lines(name)
        return lines[number - 1] if lines and 0 < number <= len(lines) else None

    def _read(self, name: str) -> list[str] | None:
        for path in self._candidates(name):
            with suppress(OSError, ValueError):
                if path.is_file() and path.stat().st_size <= MAX_SOURCE:
                    return path.read_text(encoding="utf-8", errors="replace").splitlines()
        return None

    def _candidates(self, name: str) -> list[Path]:
        path = Path(name)
        found = [path] if path.is_absolute() else []
        relative = path.relative_to(path.anchor) if path.is_absolute() else path
        for place in self.places:
            found += [parent / relative for parent in (place, *list(place.parents)[:2])]
            found.append(place / path.name)
        return found
