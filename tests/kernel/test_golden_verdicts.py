# SPDX-License-Identifier: GPL-2.0-or-later
"""The model says what Linux said about thousands of good and damaged images."""

import os
from pathlib import Path
from typing import Any

import pytest

from rprocbench.verdicts.conform import JsonRecords, Outcome, Records
from rprocbench.verdicts.conform_kernel import as_recorded, judge, open_records, recorded
from rprocbench.verdicts.linux_recorded import ALTERNATIVES, MAIN, verdict_of
from rprocbench.verdicts.sources import Sources

VECTORS = Path(__file__).parents[1] / "vectors/kernel/verdicts.jsonl.gz"
GOLDEN = Path(__file__).parents[3] / "shared/golden"
STRIDE = 7


@pytest.fixture(scope="module")
def records() -> Records:
    found = open_records(VECTORS, Sources())
    assert found
    return found


def failures(records: Records, stride: int) -> list[str]:
    outcomes: list[Outcome] = [records.judge(i) for i in range(0, len(records), stride)]
    return [f"{o.case} {o.unjudged} {o.disagreements}" for o in outcomes if not o.agrees]


def test_a_sample_of_images_meets_the_recorded_fate(records: Records) -> None:
    assert not failures(records, STRIDE)


@pytest.mark.slow
@pytest.mark.skipif(
    not GOLDEN.is_dir() and "CI" not in os.environ, reason="a sample is enough without ../shared"
)
def test_every_image_meets_the_recorded_fate(records: Records) -> None:
    assert len(records) == 5843
    assert not failures(records, 1)


def cases(records: Records) -> list[Any]:
    assert isinstance(records, JsonRecords)
    return list(records.cases)


def test_a_record_that_is_told_wrong_is_noticed(records: Records) -> None:
    boots = next(case for case in cases(records) if case["v"].get("virtio"))
    image = bytes.fromhex(boots["image"])
    for name, wrong in {
        "ret": -5, "stage": "parse_fw", "mem": {}, "log": ["err:x"], "virtio": [], "started": 0,
        "table_sha256": "", "boot_addr": "0x0", "traces": [], "leaked_pdev": 1,
    }.items():  # fmt: skip
        told = {**boots, "v": {**boots["v"], name: wrong}}
        assert judge(told, image, MAIN), name
    assert [
        d.field for d in judge({**boots, "oracle_unsafe": [{"type": "SEGV"}]}, image, MAIN)
    ] == ["v.undefined"]


def test_the_kernels_differ_where_the_records_say_so(records: Records) -> None:
    """With another kernel than the one recorded, most `alt` rows would not agree."""
    old, wide = ALTERNATIVES
    for build, least in ((old, 500), (wide, 100)):
        rows = [case for case in cases(records) if build.alt in case.get("alt", {})]
        disagree = 0
        for case in rows:
            theirs, unsafe = recorded(case, build)
            ours = verdict_of(bytes.fromhex(case["image"]), MAIN)
            disagree += bool(unsafe) != (ours.undefined is not None) or (
                not unsafe and as_recorded(ours) != theirs
            )
        assert disagree >= least, (build.alt, disagree, len(rows))
