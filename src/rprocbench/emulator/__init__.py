# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine room: a Cortex-M4 that runs real code, on unicorn."""
