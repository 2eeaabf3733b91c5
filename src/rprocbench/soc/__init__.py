# SPDX-License-Identifier: GPL-2.0-or-later
"""The ground: what is soldered. Memories, wires and registers of one board."""
