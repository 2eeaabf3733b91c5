# SPDX-License-Identifier: GPL-2.0-or-later
"""The classroom as learners have it: a wrong answer gets a reply, whatever the shell asks for."""

import pytest

from rprocbench.lessons.asking import STRICT


@pytest.fixture(autouse=True)
def _lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strictness is asked for by the tests that are about it."""
    monkeypatch.delenv(STRICT, raising=False)
