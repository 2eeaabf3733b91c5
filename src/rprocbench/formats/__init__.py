# SPDX-License-Identifier: GPL-2.0-or-later
"""The library: bytes to values and back. It reads anything and judges nothing."""
