# SPDX-License-Identifier: GPL-2.0-or-later
"""The firewall: who may touch what, at every alias, told to whoever listens."""

import pytest

from rprocbench.base.errors import Crash, InputError, Undefined
from rprocbench.base.run import Run
from rprocbench.base.state import check, fold
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

LINUX, OPTEE, M4 = Lane.LINUX, Lane.OPTEE, Lane.M4


@pytest.fixture
def soc() -> Soc:
    return Soc(STM32MP157C_DK2, Run())


def test_everything_is_allowed_until_somebody_denies_it(soc: Soc) -> None:
    assert all(soc.firewall.allows(lane, 0x3800_0000, 4, write=True) for lane in Lane)
    soc.a7.write(Pa(0x3800_0000), b"ab")
    assert soc.a7.read(Pa(0x3800_0000), 2) == b"ab"


def test_what_is_denied_at_one_alias_is_denied_at_the_other(soc: Soc) -> None:
    soc.firewall.deny("mcuram", [LINUX])
    for pa in (0x3000_0000, 0x1000_0000, 0x1003_FFFF):
        assert not soc.firewall.allows(LINUX, pa, 1, write=False)
    assert soc.firewall.allows(LINUX, 0x1004_0000, 4, write=True)
    assert not soc.firewall.allows(LINUX, 0x1003_FFFE, 4, write=True)
    assert soc.firewall.allows(M4, 0x3000_0000, 4, write=True)


def test_linux_ends_in_an_external_abort_and_optee_passes(soc: Soc) -> None:
    soc.firewall.deny("retram", [LINUX, M4])
    soc.a7.write(Pa(0x3800_0000), b"key", OPTEE)
    assert soc.a7.read(Pa(0x3800_0000), 3, OPTEE) == b"key"
    for touch in (
        lambda: soc.a7.read(Pa(0x3800_0000), 1),
        lambda: soc.a7.write(Pa(0x3800_FFFF), b"x"),
        lambda: soc.a7.fill(Pa(0x3800_0000), 4, 0),
    ):
        with pytest.raises(Crash, match=r"external abort: Linux may not .* retram") as caught:
            touch()
        assert caught.value.code is Undefined.OOPS


def test_a_region_may_stay_readable(soc: Soc) -> None:
    soc.firewall.deny("retram", [LINUX], is_readable=True)
    assert soc.a7.read(Pa(0x3800_0000), 1) == b"\0"
    with pytest.raises(Crash, match="may not write retram"):
        soc.a7.write(Pa(0x3800_0000), b"x")


def test_allowing_one_lane_leaves_the_others_denied(soc: Soc) -> None:
    soc.firewall.deny("retram", [LINUX, M4])
    soc.firewall.allow("retram", [LINUX])
    assert soc.firewall.allows(LINUX, 0x3800_0000, 4, write=True)
    assert not soc.firewall.allows(M4, 0x3800_0000, 4, write=True)
    soc.firewall.allow("retram")
    assert not soc.firewall.rules


def test_peripherals_are_ranges_of_bus_addresses(soc: Soc) -> None:
    soc.firewall.define("rng1", 0x5400_3000, 0x400)
    soc.firewall.deny("rng1", [M4])
    assert not soc.firewall.allows(M4, 0x5400_33FC, 4, write=False)
    assert soc.firewall.allows(M4, 0x5400_3400, 4, write=False)
    assert soc.firewall.denied_to(M4)[0][0].name == "rng1"


def test_listeners_hear_changes_and_nothing_else(soc: Soc) -> None:
    heard: list[int] = []
    soc.firewall.listeners.append(lambda: heard.append(len(soc.firewall.rules)))
    soc.firewall.deny("retram", [M4])
    soc.firewall.deny("retram", [M4])
    soc.firewall.allow("retram")
    soc.firewall.allow("retram")
    assert heard == [1, 0]


def test_the_trace_tells_what_is_denied(soc: Soc) -> None:
    soc.firewall.deny("retram", [M4, LINUX])
    check(soc.run.trace)
    state = fold(soc.run.trace).objects["firewall"]
    assert state == {"denied": (("retram", ("LINUX", "M4"), "all"),)}


def test_an_unknown_region_is_refused_in_words(soc: Soc) -> None:
    with pytest.raises(InputError, match=r"knows no region 'ddr'.*retram"):
        soc.firewall.deny("ddr", [M4])
