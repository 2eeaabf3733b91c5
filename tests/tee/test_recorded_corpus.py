# SPDX-License-Identifier: GPL-2.0-or-later
"""Thousands of scripts that the real Arm code of the TA, the PTA and the driver has run.

Compared: results, memories, messages, resource table, M4, panics. By default every twelfth case;
with RPROCBENCH_FULL set, all of them.
"""

import json
import os
from hashlib import sha256
from typing import Any

import pytest

from .machine import vector
from .replay import Player

CASES = [json.loads(line) for line in vector("verdicts.jsonl.gz").splitlines()]
STRIDE = 12


def compare(cases: list[dict[str, Any]]) -> None:
    differ = []
    for case in cases:
        player = Player(case)
        assert [sha256(image).hexdigest() for image in player.images] == case["sha256"]
        got = player.play_case()
        if got != case["v"]:
            wrong = [pair for pair in zip(got, case["v"], strict=True) if pair[0] != pair[1]]
            differ.append((case["id"], case["kind"], wrong[0]))
    assert not differ


def test_every_twelfth_case() -> None:
    compare(CASES[::STRIDE])


@pytest.mark.slow
@pytest.mark.skipif("RPROCBENCH_FULL" not in os.environ, reason="RPROCBENCH_FULL is not set")
@pytest.mark.parametrize("part", range(1, STRIDE))
def test_all_other_cases(part: int) -> None:
    compare(CASES[part::STRIDE])


RARE = {"manual", "ta-panic", "load-size", "misaligned", "poke", "base"}


@pytest.mark.parametrize("kind", sorted(RARE))
def test_rare_kinds_of_cases(kind: str) -> None:
    compare([case for case in CASES if case["kind"] == kind])


def test_every_panic() -> None:
    compare([c for c in CASES if any({"panic", "events"} & step.keys() for step in c["v"])])


def test_without_the_heap_limit() -> None:
    cases = [case for case in CASES if "heap4k" in case]
    assert cases
    for case in cases:
        got = [step["res"] for step in Player(case, heap_size=None).play_case()]
        assert got == case["heap4k"]
