# SPDX-License-Identifier: GPL-2.0-or-later
"""The east wing: the secure world. Files and functions carry the names of the C they mirror."""
