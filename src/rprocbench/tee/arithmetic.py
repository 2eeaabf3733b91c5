# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:lib/libutils/ext/include/util.h: arithmetic that wraps, or that says when it would.

Sizes in an image are 32 bits wide in every build; pointers and `size_t` have the build's width.
Python's numbers forgive what an attacker exploits.
"""

from dataclasses import dataclass

WRAP = 2**32
HALF = 2**31


def roundup_64(size: int) -> int:
    """`ROUNDUP_64` of a `uint32_t`. Like C's, it wraps to 0 from 0xffff_fff9 up.

    >>> roundup_64(1), roundup_64(8), hex(roundup_64(0xFFFF_FFF8)), roundup_64(0xFFFF_FFF9)
    (8, 8, '0xfffffff8', 0)
    """
    return (size + 7) % WRAP // 8 * 8


def add_overflow(*terms: int) -> int | None:
    """`ADD_OVERFLOW`: the sum of `uint32_t` terms, or None where it does not fit 32 bits.

    >>> add_overflow(20, 0xFFFF_FFF0) is None, add_overflow(1, 2, 3)
    (True, 6)
    """
    total = sum(terms)
    return total if total < WRAP else None


def mul_overflow(left: int, right: int) -> int | None:
    """`MUL_OVERFLOW`: the product of two `uint32_t`, or None where it does not fit 32 bits."""
    product = left * right
    return product if product < WRAP else None


def wrapping_add(*terms: int) -> int:
    """The sum as a `uint32_t` keeps it."""
    return sum(terms) % WRAP


@dataclass(frozen=True, slots=True)
class Pointers:
    """Addresses of a build: 32 or 64 `bits` wide. Offsets are `uint32_t` and count from a buffer.

    Nothing that the TA may read is 2 GiB away from anything else. So in 32 bits an offset in the
    upper half lies before the buffer, or has wrapped; in 64 it is just far away.
    """

    bits: int = 32

    def wraps(self, offset: int) -> bool:
        """Whether a pointer that is moved by `offset` passes the last address."""
        return self.bits == 32 and offset >= HALF

    def add(self, base: int, offset: int) -> int:
        """`base + offset`, where a pointer of this width ends up.

        >>> Pointers(32).add(100, 0xFFFF_FFF8), Pointers(64).add(100, 0xFFFF_FFF8) - 100
        (92, 4294967288)
        """
        return base + (offset - WRAP if self.wraps(offset) else offset)

    def inside(self, start: int, size: int, first: int, last: int) -> bool:
        """Whether `[start, start + size)` lies in `[first, last]`; a size that wraps does not."""
        return not self.wraps(size) and first <= start and start + size <= last

    def size(self, *terms: int) -> int:
        """The sum as a `size_t` keeps it."""
        return sum(terms) % (1 << self.bits)


BITS_32 = Pointers(32)
