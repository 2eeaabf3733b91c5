# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests bite: with any single check disabled, a recorded or tabled case comes out otherwise."""

import json
from functools import cache

import pytest

from rprocbench.tee.quick import QuickTa
from tests.harness.raising import Site

from .exits import Exit
from .exits_pta import DRIVER_EXITS, M33_EXITS, PTA_EXITS, ST_EXITS
from .exits_ta import TA_EXITS
from .machine import KEY, Machine, vector
from .mutants import FILES, Mutant, alive, mutants
from .raise_sites import SECURE

ROWS = (*TA_EXITS, *PTA_EXITS, *DRIVER_EXITS, *ST_EXITS, *M33_EXITS)
NEGATIVE = json.loads(vector("negative.json.gz"))
FIND = "elf_sections.py:e32_parser_find_rsc_table"
REASONS = {
    f"{FIND}: checks and length is None": "e_shnum has 16 bits: 40 times it never overflows 32",
    f"{FIND}: not elf.size": "an image of no bytes was refused when its segments were walked",
    "remoteproc_core.py:remoteproc_load_segment: src > end": (
        "then src + size is behind the end as well"
    ),
    "remoteproc_core.py:remoteproc_parse_rsc_table: ctx.rsc_pa": (
        "a table that was found has an address and a size: either of them tells"
    ),
    "remoteproc_core.py:remoteproc_parse_rsc_table: ctx.rsc_size": "as ctx.rsc_pa",
    "st_driver.py:st_remoteproc_stop: rproc.hold_boot is None": (
        "a driver that has mcu_rst only was not registered: its probe stops the core, and fails"
    ),
}


@cache
def sites_of_rows() -> list[tuple[Exit, frozenset[Site]]]:
    """What each row raises on its way."""
    found = []
    for row in ROWS:
        with SECURE.watch() as seen:
            row.play()
        found.append((row, frozenset(seen)))
    return found


def holds(row: Exit) -> bool:
    """Whether a row's exit is still reached as the table says."""
    return row.reached(row.play())


def recorded_holds() -> bool:
    """Whether all hand-made images still get their recorded verdict."""
    quick = QuickTa(KEY, Machine().soc.board)
    for record in NEGATIVE:
        answer = quick.load(bytes.fromhex(record["image"]), record["buffer_align_offset"])
        calls = record["pta_calls"]
        if record["name"] == "sign_len_wrap_fffffff9":  # its trace was lost with the TA
            continue
        if answer.result.name != record["result"] or list(answer.calls) != calls:
            return False
    return True


def survives(mutant: Mutant) -> bool:
    """Whether every case comes out as before."""
    near = [
        row
        for row, sites in sites_of_rows()
        if any(site.file == mutant.file and is_near(site, mutant) for site in sites)
    ]
    is_st = mutant.file.startswith("st_")
    others = [row for row in ROWS if row.is_st is is_st and not any(row is o for o in near)]
    with alive(mutant):
        try:
            return all(map(holds, near)) and (is_st or recorded_holds()) and all(map(holds, others))
        except Exception:  # noqa: BLE001  a model that breaks is noticed as well
            return False


def is_near(site: Site, mutant: Mutant) -> bool:
    function = mutant.function.split(".")[-1]
    return site.function == function and abs(site.first - mutant.line) < 12


ALL = list(mutants())


def test_a_world_without_mutants_holds() -> None:
    assert recorded_holds()
    assert all(map(holds, ROWS))


def test_there_is_a_mutant_for_every_file() -> None:
    assert {mutant.file for mutant in ALL} == set(FILES)
    assert len(ALL) > 120


def test_reasons_are_about_mutants_that_exist() -> None:
    assert set(REASONS) <= {str(mutant) for mutant in ALL}


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_every_disabled_check_is_noticed(file: str) -> None:
    survivors = [
        str(mutant)
        for mutant in ALL
        if mutant.file == file and str(mutant) not in REASONS and survives(mutant)
    ]
    assert survivors == []
