# SPDX-License-Identifier: GPL-2.0-or-later
"""A remote processor as files: a tree that unmodified programs drive with `echo` and `cat`."""

from .server import Options, Server

__all__ = ["Options", "Server"]
