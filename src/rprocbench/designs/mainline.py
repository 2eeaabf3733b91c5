# SPDX-License-Identifier: GPL-2.0-or-later
"""Mainline: Linux loads the ELF itself, and OP-TEE is not asked."""

from rprocbench.base.errors import Cite

from .design import Design

MAINLINE = Design(
    name="mainline",
    family="baseline",
    title="Linux loads a plain ELF",
    date="2026-11",
    thread=Cite("linux", "drivers/remoteproc/remoteproc_core.c"),
    why="The baseline that every version of the series is a difference from. Nothing is signed.",
)
