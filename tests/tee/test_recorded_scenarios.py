# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences of commands, with faults and races, as the real TA, PTA and driver answered them."""

import json
from typing import Any

import pytest

from rprocbench.verdicts.tee_scenario import ScenarioPlayer

from .images import image
from .machine import Machine, vector

SCENARIOS = json.loads(vector("scenarios.json"))
CUT = {"424)", "640)"}  # the harness printed the end of a message of the allocator instead


def trace_of(text: str) -> list[str]:
    """The recorded trace, without what the harness says of itself."""
    return [call for call in text.split(";") if call and not call.startswith("TOCTOU")]


@pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=[f"{s['scenario']}-{s['ta']}" for s in SCENARIOS]
)
def test_scenario(scenario: dict[str, Any]) -> None:
    generation = scenario["ta"].removeprefix("ta_").removesuffix(".so")
    player = ScenarioPlayer(Machine(generation=generation), image)
    for step in scenario["steps"]:
        verdict = player.step(step["cmd"])
        assert verdict.text == step["result"], step["cmd"]
        if step["trace"] not in CUT:
            assert list(verdict.pta_calls) == trace_of(step["trace"]), step["cmd"]
