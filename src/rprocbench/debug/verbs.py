# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command of the terminal is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Verb:
    """A command: its names, the first being the one that is shown; how to write it, what it does.

    `repeats` tells whether an empty line does it again.
    """

    names: tuple[str, ...]
    obey: Callable[[str], None]
    usage: str
    about: str
    repeats: bool = False
