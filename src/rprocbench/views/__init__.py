# SPDX-License-Identifier: GPL-2.0-or-later
"""The gallery: the only room that draws."""
