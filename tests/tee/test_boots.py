# SPDX-License-Identifier: GPL-2.0-or-later
"""The generations under a whole machine, and what Linux makes of them."""

import pytest

from rprocbench.base.trace import Failed, Signalled
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_image
from rprocbench.tee import GENERATIONS


def ends(generation: str) -> tuple[bool, list[str]]:
    """Whether the M4 was released, and what failed for the user."""
    recording = Bench(generation=generation, engine=False).boot(demo_image())
    released = any(isinstance(e, Signalled) and e.what == "released" for e in recording.trace)
    failed = [e for e in recording.trace if isinstance(e, Failed) and e.depth == 0]
    return released, [f"{e.function}: {e.code}: {e.why}" for e in failed]


@pytest.mark.parametrize("generation", sorted(GENERATIONS.keys() - {"first", "st"}))
def test_linux_boots_with_most_of_them(generation: str) -> None:
    assert ends(generation)[0]


def test_linux_loads_twice_which_the_first_one_refuses() -> None:
    released, failed = ends("first")
    assert not released
    assert "EIO" in failed[0]


def test_linux_looks_for_the_resource_table_where_st_lets_only_the_m4() -> None:
    released, failed = ends("st")
    assert not released
    assert "OOPS: external abort: Linux may not read mcusram2" in failed[-1]
