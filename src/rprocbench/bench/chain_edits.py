# SPDX-License-Identifier: GPL-2.0-or-later
"""Tampering: bytes of an image changed one after the other, and what each change breaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .chain import Chain, chain

Change = tuple[int, int]  # an offset, and the byte's new value


@dataclass(frozen=True, slots=True)
class Edit:
    """One changed byte: whose it is, which links fail that did not before, what the TA answers.

    `after` is the chain with this edit and all before it.
    """

    offset: int
    old: int
    new: int
    owner: str
    breaks: tuple[str, ...]
    after: Chain = field(repr=False)

    @property
    def is_unnoticed(self) -> bool:
        """Whether the byte changed and no link, nor the TA, took notice."""
        return self.old != self.new and not self.breaks and self.after.holds


def edited(before: Chain, change: Change) -> Edit:
    """Change one byte of `before`. Raises `IndexError` outside of the image."""
    offset, new = change
    if not 0 <= offset < len(before.data):
        raise IndexError(f"byte {offset:#x} is not one of the image's {len(before.data)}")
    data = bytearray(before.data)
    old, data[offset] = data[offset], new & 0xFF
    after = chain(bytes(data), before.key, before.name)
    owner = before.link_at(offset)
    failed = {link.name for link in before.links if link.fails}
    breaks = tuple(link.title for link in after.links if link.fails and link.name not in failed)
    return Edit(offset, old, new & 0xFF, owner.title if owner else "", breaks, after)


def tamper(original: Chain, changes: Sequence[Change]) -> Iterator[Edit]:
    """All `changes`, one after the other."""
    now = original
    for change in changes:
        edit = edited(now, change)
        now = edit.after
        yield edit
