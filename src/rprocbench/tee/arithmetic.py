# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:lib/libutils/ext/include/util.h: arithmetic that wraps, or that says when it would.

The TA is a 32-bit program: sizes and pointers are 32 bits wide, and Python's numbers forgive what
an attacker exploits.
"""

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


def pointer(base: int, offset: int) -> int:
    """`base + offset`, for a `uint32_t` offset that is added to a pointer.

    An offset in the upper half counts as negative, so as lying before the base: nothing that the TA
    may read is 2 GiB away from anything else.

    >>> pointer(100, 8), pointer(100, 0xFFFF_FFF8)
    (108, 92)
    """
    return base + (offset if offset < HALF else offset - WRAP)


def inside(start: int, size: int, first: int, last: int) -> bool:
    """Whether `[start, start + size)` lies in `[first, last]`; sizes from 2 GiB up wrap, so no."""
    return size < HALF and first <= start and start + size <= last
