# SPDX-License-Identifier: GPL-2.0-or-later
"""Command sequences in both notations of the recordings."""

from typing import Any

import pytest

from rprocbench.base.errors import InputError, TeeResult
from rprocbench.verdicts import tee_script
from rprocbench.verdicts.tee_machine import recorded_board
from tests.tee.images import E_PHOFF, with_elf
from tests.tee.machine import GOOD, KEY

LIFE = ["open 0", "load 0 good", "cmd 2 1 0", "cmd 3 1 0", "cmd 6 1 0", "close"]


def test_a_life_in_lines() -> None:
    steps = tee_script(LIFE, {"good": GOOD}, public_key=KEY)
    assert [step.text for step in steps] == ["SUCCESS"] * 6
    assert steps[0].pta_calls == ("PTA.open(0)=00000000",)
    assert steps[2].m4 == "released"
    assert steps[3].m4 == "reset"
    assert "retram" in steps[1].memory
    assert steps[4].memory["retram"] == "zero"


def test_the_same_in_lists() -> None:
    verbs = ("get_rsc", "start", "stop", "release")
    lists: list[list[Any]] = [
        ["open", 0],
        ["load", 0, 0],
        *([verb, 0] for verb in verbs),
        ["close"],
    ]
    steps = tee_script(lists, [GOOD], public_key=KEY)
    assert all(step.result is TeeResult.SUCCESS for step in steps)
    assert steps[2].rsc_table == (0x1002_0000, 0x44)


def test_a_poke_changes_what_the_next_command_sees() -> None:
    lists = [["open", 0], ["poke", 0, 0, "00"], ["load", 0, 0]]
    steps = tee_script(lists, [GOOD], public_key=KEY)
    assert [step.command for step in steps] == ["open", "load"]
    assert steps[1].result is TeeResult.BAD_PARAMETERS
    lines = ["open 0", "load 0 good", "poke 10000000 deadbeef", "peek 10000000 4", "cmd 2 1 0"]
    steps = tee_script(lines, {"good": GOOD}, public_key=KEY, board=recorded_board())
    assert [step.text for step in steps[2:]] == ["ok", "MEM deadbeef", "SUCCESS"]


def test_a_hook_races_with_the_ta() -> None:
    for where, result in (("1", "SECURITY"), ("2", "SUCCESS")):
        lines = ["open 0", f"hook {where} 2 768 deadbeef", "load 0 good"]
        assert tee_script(lines, {"good": GOOD}, public_key=KEY)[-1].text == result
        lines.insert(2, "clearhooks")
        assert tee_script(lines, {"good": GOOD}, public_key=KEY)[-1].text == "SUCCESS"


def test_reset_lines_fail_on_demand() -> None:
    lines = ["open 0", "load 0 good", "rstfail 2", "cmd 2 1 0", "cmd 2 1 0"]
    steps = tee_script(lines, {"good": GOOD}, public_key=KEY)
    assert [step.text for step in steps] == ["SUCCESS", "SUCCESS", "ok", "TIMEOUT", "SUCCESS"]
    assert steps[3].pta_calls[-1] == "PTA.START=ffff3001"


def test_the_death_of_the_ta_is_told() -> None:
    wild = with_elf(GOOD, E_PHOFF, 0x7000_0000)
    steps = tee_script([["open", 0], ["load", 0, 0], ["stop", 0]], [wild], public_key=KEY)
    assert steps[1].result is TeeResult.TARGET_DEAD
    assert steps[1].events
    assert steps[1].undefined
    assert steps[2].undefined is None
    assert steps[2].result is TeeResult.BAD_PARAMETERS


def test_generations_differ() -> None:
    twice = ["open 0", "load 0 good", "load 0 good"]
    last = {
        ta: tee_script(twice, {"good": GOOD}, public_key=KEY, ta=ta)[-1].text
        for ta in ("first", "head")
    }
    assert last == {"first": "BAD_STATE", "head": "SUCCESS"}


@pytest.mark.parametrize(
    "steps",
    [["fly 0"], ["open"], ["open x"], ["load 0 nowhere"], ["hook 9 1 0 00"], [""], [["fly"]],
     [["load", 0, 5]], [["open"]], [[]], [7], ["open 0", ["open", 0]], [["poke", 0, 0, "zz"]],
     ["open 0", "peek 99999999 4"]],
    ids=str,
)  # fmt: skip
def test_steps_that_mean_nothing(steps: list[Any]) -> None:
    with pytest.raises(InputError):
        tee_script(steps, [GOOD] if isinstance(steps[0], list) else {}, public_key=KEY)


def test_lines_need_images_by_name() -> None:
    with pytest.raises(InputError, match="mapping"):
        tee_script(["open 0", "load 0 good"], [GOOD], public_key=KEY)
    assert tee_script(["open 0", "load 0 /nonexistent"], public_key=KEY)[1].text == "BAD_PARAMETERS"
