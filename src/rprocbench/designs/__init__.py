# SPDX-License-Identifier: GPL-2.0-or-later
"""The drafting table: one file per answer that was given on the mailing list."""
