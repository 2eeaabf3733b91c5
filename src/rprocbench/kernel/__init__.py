# SPDX-License-Identifier: GPL-2.0-or-later
"""The west wing: the normal world. Files and functions carry the names of the C they mirror."""
