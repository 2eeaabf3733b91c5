# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line, called as a user calls it, without a process for each call."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rprocbench.cli import main


@dataclass(frozen=True)
class Ran:
    """How a call ended, and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Call the command line with these words."""

    def run(*words: object) -> Ran:
        try:
            status = main([str(word) for word in words])
        except SystemExit as left:  # argparse leaves in this way
            status = int(left.code or 0)
        written = capsys.readouterr()
        return Ran(status, written.out, written.err)

    return run
