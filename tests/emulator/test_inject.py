# SPDX-License-Identifier: GPL-2.0-or-later
"""One instruction skipped, one bit turned: what becomes of a run."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from rprocbench.base.errors import InputError
from rprocbench.emulator.inject import (
    Bed,
    FlipFetch,
    FlipMemory,
    FlipRegister,
    Outcome,
    Skip,
    Stand,
    Trial,
    campaign,
    window,
)
from rprocbench.emulator.timeline import Position
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .rig import CODE, MAIL, rig

# movs r0, #0; r1 = 5: add up, store, sleep. The loop ends when r1 is 0.
SUM = """
    movs r0, #0
    movs r1, #5
1:  add r0, r0, r1
    subs r1, #1
    bne 1b
    ldr r2, =MAIL
    str r0, [r2]
2:  wfi
    b 2b
"""


def bed() -> Bed:
    """A finished sum: 15."""
    it = rig(SUM)
    it.has_floats = False
    it.start().go(100)
    assert it.word() == 15
    end = it.core.cycles
    return Bed(STM32MP157C_DK2, it.soc.run.trace, Position(end), ((MAIL, 4),))


def outcome(cycles: int, fault: object) -> Outcome:
    """Of one trial."""
    return Stand(bed()).run(Trial(cycles, fault)).outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cycles", "fault", "expected"),
    [
        (0, FlipRegister("r5", 3), Outcome.LATENT),
        (0, FlipRegister("r0", 3), Outcome.NO_EFFECT),  # overwritten at once
        (2, FlipRegister("r0", 3), Outcome.WRONG_RESULT),
        (2, Skip(), Outcome.WRONG_RESULT),
        (18, Skip(), Outcome.WRONG_RESULT),  # the store
        (3, FlipRegister("r1", 31), Outcome.HANG),
        (2, FlipRegister("sp", 31), Outcome.LATENT),
        (4, FlipRegister("pc", 30), Outcome.FAULT),
        (0, FlipMemory(MAIL + 64, 0), Outcome.LATENT),
        (18, FlipMemory(MAIL, 0), Outcome.NO_EFFECT),  # written over
        (0, FlipFetch(0), Outcome.WRONG_RESULT),  # movs r0, #1
    ],
)
def test_outcomes(cycles: int, fault: object, expected: Outcome) -> None:
    assert outcome(cycles, fault) == expected


def test_memory_is_unharmed_by_a_wrong_fetch() -> None:
    bench = Stand(bed())
    bench.run(Trial(0, FlipFetch(0)))
    assert bench.run(Trial(0, FlipRegister("r0", 3))).outcome == Outcome.NO_EFFECT


def test_a_campaign_is_the_same_whoever_makes_it() -> None:
    plan = list(window([Skip(), FlipRegister("r0", 0), FlipFetch(3)], 0, 18))
    alone = campaign(bed(), plan)
    told: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        shared = campaign(bed(), plan, pool, lambda done, _: told.append(done))
    assert shared == alone
    assert [verdict.trial for verdict in alone] == plan
    assert told[-1] == len(plan)
    assert {Outcome.NO_EFFECT, Outcome.WRONG_RESULT} < {verdict.outcome for verdict in alone}
    assert alone[0].pc == CODE


def test_what_cannot_be_is_refused() -> None:
    bench = Stand(bed())
    for trial in (
        Trial(10**9, Skip()),
        Trial(0, FlipRegister("r99", 0)),
        Trial(0, FlipRegister("r0", 32)),
        Trial(0, FlipMemory(0x9000_0000, 0)),
    ):
        with pytest.raises(InputError):
            bench.run(trial)
