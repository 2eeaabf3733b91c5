# SPDX-License-Identifier: GPL-2.0-or-later
"""The cellar: what every room stands on; standard library only."""
