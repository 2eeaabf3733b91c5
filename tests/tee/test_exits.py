# SPDX-License-Identifier: GPL-2.0-or-later
"""Every error exit of TA, PTA and driver is reached, by name and reason; none is forgotten."""

import pytest

from rprocbench.base.errors import InputError, TeeResult
from rprocbench.tee import generation_of

from .exits import Exit
from .exits_pta import DRIVER_EXITS, M33_EXITS, PTA_EXITS, ST_EXITS
from .exits_ta import TA_EXITS
from .machine import Machine
from .raise_sites import SECURE
from .test_st import test_d4_an_otp_that_cannot_be_read_frees_its_buffer_twice

ALL = [*TA_EXITS, *PTA_EXITS, *DRIVER_EXITS, *ST_EXITS, *M33_EXITS]
UNREACHED = {
    ("elf_sections.py", "the size of the section headers overflows"): (
        "e_shnum has 16 bits: 40 times it fits 32 bits; the C asks all the same"
    ),
}


@pytest.mark.parametrize("row", ALL, ids=[f"{e.where}:{e.function}:{e.code.name}" for e in ALL])
def test_exit(row: Exit) -> None:
    failed = row.play()
    assert row.reached(failed), [(e.function, e.code, e.why) for e in failed]


def other_exits() -> None:
    """The few that are nobody's command: a name that does not exist, OTP words that fail."""
    with pytest.raises(InputError):
        generation_of("none")
    test_d4_an_otp_that_cannot_be_read_frees_its_buffer_twice()


def test_no_place_that_raises_is_missing_from_the_tables() -> None:
    with SECURE.watch() as seen:
        for row in ALL:
            row.play()
        other_exits()
    missing = {
        str(site)
        for site in set(SECURE.sites) - seen
        if not any(site.file == file and text in site.text for file, text in UNREACHED)
    }
    assert missing == set()


def test_reasons_are_about_places_that_exist_and_are_not_reached() -> None:
    for file, text in UNREACHED:
        assert any(site.file == file and text in site.text for site in SECURE.sites)


def test_the_tables_are_as_long_as_the_reference_says() -> None:
    upstream = [row for row in ALL if not row.is_st and "hardened" not in row.where]
    assert len(upstream) >= 140
    assert len({(r.where, r.function, r.code, r.why) for r in ALL}) == len(ALL)


def test_a_case_that_fails_nowhere_is_noticed() -> None:
    assert Exit("", "", TeeResult.GENERIC, "", lambda machine: machine.close()).play() == []
    assert Machine().open().ret is TeeResult.SUCCESS
