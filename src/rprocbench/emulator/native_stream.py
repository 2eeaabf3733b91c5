# SPDX-License-Identifier: GPL-2.0-or-later
"""The structure behind `free.FreeTape`, as `tools/native.c` has it."""

import ctypes

from .native import PAGES

MAPS, CACHE = 2, 1024


class StreamView(ctypes.Structure):
    """Memory with code, and what is known of it, a bit for each halfword."""

    _fields_ = [
        ("base", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("bytes", ctypes.c_void_p),
        ("known", ctypes.c_void_p),
        ("slow", ctypes.c_void_p),
    ]


class Stream(ctypes.Structure):
    """`stream_t`."""

    _fields_ = [
        ("stop", ctypes.c_void_p),
        ("counter", ctypes.c_void_p),
        ("limit", ctypes.c_void_p),
        ("cycles", ctypes.c_uint64),
        ("conditional", ctypes.c_uint64),
        ("is_free", ctypes.c_uint64),
        ("room", ctypes.c_uint64),
        ("has_stopped", ctypes.c_uint64),
        ("unknown", ctypes.c_uint64),
        ("carry", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("capacity", ctypes.c_uint64),
        ("entries", ctypes.c_void_p),
        ("view_count", ctypes.c_uint64),
        ("views", StreamView * PAGES),
        ("cache", ctypes.c_uint64 * (2 * CACHE)),
    ]
