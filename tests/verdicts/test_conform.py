# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of the real code against the models: agreement, every disagreement, what is odd."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rprocbench.base.errors import InputError
from rprocbench.verdicts.conform import compare
from rprocbench.verdicts.conform_files import FileReport, conform, find_records
from rprocbench.verdicts.sources import Sources
from tests.tee.machine import vector

from .records import VECTORS, golden, negative, put, scripts

FUZZ = json.loads(vector("fuzz.json.gz"))
SCENARIOS = json.loads(vector("scenarios.json"))
IMAGES = [{key: r[key] for key in r if key != "image"} for r in negative()]
LOOSE = [case for case in FUZZ["cases"] if "layout_dependent" in case]


@pytest.fixture
def tee(tmp_path: Path) -> Path:
    """The folder that the recordings lie in."""
    return golden(tmp_path)


def judged(folder: Path, bases: Path | None = None, jobs: int = 1) -> list[FileReport]:
    """A report of each file."""
    return list(conform(find_records(folder, Sources.of(folder, bases)), jobs))


def sample() -> list[dict[str, Any]]:
    """Some scripts of every kind, and all that are rare."""
    rare = [c for c in scripts() if {"alt64", "heap4k", "align", "oracle_unsafe"} & c.keys()]
    return rare[::4] + scripts()[::150]


def test_every_kind_of_file_agrees(tee: Path) -> None:
    put(tee / "negative" / "verdicts.json", IMAGES)
    put(tee / "fuzz.json", {"cases": FUZZ["cases"][::20] + LOOSE})
    put(tee / "scenarios.json", SCENARIOS)
    put(tee / "verdicts.jsonl", sample())
    reports = judged(tee.parent, jobs=2)
    assert [Path(r.name).name for r in reports] == ["fuzz.json", "verdicts.json", "scenarios.json",
                                                    "verdicts.jsonl"]  # fmt: skip
    for report in reports:
        assert (report.agree, report.others) == (report.cases, [])
        assert not report.fails
    assert sum(report.cases for report in reports) > 200


def test_packed_files_and_bases_elsewhere(
    tee: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = tmp_path_factory.mktemp("alone")
    put(alone / "fuzz.json", {"cases": FUZZ["cases"][:5]}, packed=True)
    put(alone / "verdicts.jsonl", scripts()[:5], packed=True)
    assert all(report.unjudged for report in judged(alone))
    assert all(report.fails for report in judged(alone))  # nothing at all could be judged
    for bases in (tee.parent, tee):
        assert [report.agree for report in judged(alone, bases)] == [5, 5]


def test_one_file_is_a_directory_too(tee: Path) -> None:
    path = put(tee / "scenarios.json", SCENARIOS[:2])
    (report,) = conform(find_records(path, Sources.of(tee)))
    assert report.agree == 2


def test_our_own_vectors_are_records() -> None:
    reports = {Path(r.name).name: len(r) for r in find_records(VECTORS, Sources.of(VECTORS))}
    assert reports["negative.json.gz"] == len(negative())
    (report,) = conform(find_records(VECTORS / "negative.json.gz", Sources.of(VECTORS)))
    assert not report.others


Change = Callable[[Any], None]


def changed(case: Any, change: Change) -> Any:
    """A copy of a record, in which something is not as it was recorded."""
    copy = json.loads(json.dumps(case))
    change(copy)
    return copy


def set_in(*path: Any) -> Change:
    """Put the last of `path` where the others lead."""

    def change(case: Any) -> None:
        *way, key, value = path
        for step in way:
            case = case[step]
        case[key] = value

    return change


GOOD_IMAGE = next(r for r in IMAGES if r["name"] == "good_baseline")
GOOD_EDIT = next(c for c in FUZZ["cases"] if c["result"] == "SUCCESS" and "rsc" in c)
LIFE = next(c for c in scripts() if c["kind"] == "base" and "0x00000000" in str(c["v"][1]))
ALT = next(c for c in scripts() if "v" in c.get("alt64", {}))
HEAP = next(c for c in scripts() if "heap4k" in c)
UNSAFE = next(c for c in scripts() if "oracle_unsafe" in c)
WRONG_IMAGES = [
    (set_in("result", "NO_DATA"), "result"),
    (set_in("code", "0xffff000b"), "code"),
    (set_in("pta_calls", 0, "PTA.CAPS=ffff000a"), "pta_calls[0]"),
    (set_in("pta_calls", ["PTA.CAPS=00000000"]), "pta_calls"),
    (set_in("rsc_table", "pa_lo", "0x10020004"), "rsc_table[0]"),
    (set_in("size", 4), "size"),
]
WRONG_EDITS = [
    (set_in("result", "BAD_STATE"), "result"),
    (set_in("pta", []), "pta"),
    (set_in("rsc", 2, 69), "rsc[2]"),
    (set_in("layout_dependent", ["SUCCESS"]), "undefined"),
]
WRONG_SCRIPTS = [
    (LIFE, set_in("v", 1, "res", "0xFFFF0005"), "v[1].res"),
    (LIFE, set_in("v", 1, "mem", "retram", "00"), "v[1].mem.retram"),
    (LIFE, set_in("v", 1, "msg", ["ta:no"]), "v[1].msg"),
    (LIFE, set_in("v", 3, "m4", "reset"), "v[3].m4"),
    (LIFE, set_in("v", 1, "panic", "0xFFFF0001"), "v[1].panic"),
    (LIFE, set_in("oracle_unsafe", {}), "undefined"),
    (LIFE, set_in("sha256", 0, "00"), "sha256[0]"),
    (UNSAFE, lambda case: case.pop("oracle_unsafe"), "undefined"),
    (ALT, set_in("alt64", "v", 1, "res", "0x1"), "alt64.v[1].res"),
    (ALT, set_in("alt64", "oracle_unsafe", {}), "alt64.undefined"),
    (HEAP, set_in("heap4k", 1, "0xFFFF000D"), "heap4k[1]"),
]


def only(folder: Path) -> tuple[str, ...]:
    """The fields in which the one case of the one file differs."""
    (report,) = judged(folder)
    assert report.fails
    (outcome,) = report.disagreeing
    return tuple(each.field for each in outcome.disagreements)


@pytest.mark.parametrize(("change", "field"), WRONG_IMAGES, ids=[f for _, f in WRONG_IMAGES])
def test_a_wrong_field_of_an_image_is_found(tee: Path, change: Change, field: str) -> None:
    put(tee / "negative" / "verdicts.json", [changed(GOOD_IMAGE, change)])
    assert only(tee) == (field,)


@pytest.mark.parametrize(("change", "field"), WRONG_EDITS, ids=[f for _, f in WRONG_EDITS])
def test_a_wrong_field_of_an_edit_is_found(tee: Path, change: Change, field: str) -> None:
    put(tee / "fuzz.json", {"cases": [changed(GOOD_EDIT, change)]})
    assert only(tee) == (field,)


def test_an_outcome_that_no_layout_gives_is_found(tee: Path) -> None:
    case = changed(LOOSE[0], set_in("layout_dependent", ["SUCCESS"]))
    put(tee / "fuzz.json", {"cases": [changed(case, set_in("result", "SUCCESS"))]})
    assert only(tee) == ("result",)


@pytest.mark.parametrize(
    ("case", "change", "field"), WRONG_SCRIPTS, ids=[f for _, _, f in WRONG_SCRIPTS]
)
def test_a_wrong_field_of_a_script_is_found(
    tee: Path, case: Any, change: Change, field: str
) -> None:
    put(tee / "verdicts.jsonl", [changed(case, change)])
    assert field in only(tee)


@pytest.mark.parametrize("field", ["result", "trace"])
def test_a_wrong_step_of_a_scenario_is_found(tee: Path, field: str) -> None:
    wrong = "PTA.CAPS=00000000" if field == "trace" else "BUSY"
    put(tee / "scenarios.json", [changed(SCENARIOS[1], set_in("steps", 0, field, wrong))])
    assert only(tee)[0].startswith(f"0: open 0.{field}")


def test_an_image_that_is_nowhere_is_not_judged(tee: Path) -> None:
    (tee / "negative" / "C_img_gap.bin").unlink()
    put(tee / "negative" / "verdicts.json", IMAGES)
    (report,) = judged(tee)
    assert not report.fails
    (outcome,) = report.unjudged
    assert "C_img_gap.bin" in outcome.unjudged


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("fuzz.json", {"cases": [{"base": "A", "edits": [[0, "zz"]], "result": "SUCCESS"}]}),
        ("fuzz.json", {"cases": [{"base": "A", "edits": 7, "result": "SUCCESS"}]}),
        ("scenarios.json", [{"scenario": "x", "ta": "ta_head.so", "steps": [{"cmd": "fly"}]}]),
        ("scenarios.json", [{"scenario": "x", "ta": "ta_next.so", "steps": []}]),
        ("verdicts.jsonl", [{"img": 1, "script": [], "v": []}]),
        ("verdicts.jsonl", [LIFE | {"script": [["fly", 0]]}]),
    ],
    ids=str,
)
def test_a_record_of_another_shape_fails_and_says_so(tee: Path, name: str, held: Any) -> None:
    put(tee / name, held)
    (report,) = judged(tee)
    assert report.fails
    assert report.disagreeing[0].malformed


def test_a_generator_that_cannot_be_executed(tee: Path) -> None:
    (tee.parent / "gen_corpus.py").write_text("raise SystemError('no')", encoding="utf-8")
    put(tee / "verdicts.jsonl", scripts()[:1])
    (report,) = judged(tee)
    assert "cannot be executed" in report.disagreeing[0].unjudged


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[1, 2", b""])
def test_a_record_file_that_is_none(tee: Path, content: bytes) -> None:
    (tee / "fuzz.json").write_bytes(content)
    with pytest.raises(InputError):
        judged(tee)
    (tee / "fuzz.json").rename(tee / "something.json")
    assert judged(tee) == []


def test_a_packed_file_that_is_cut_or_no_gzip(tee: Path) -> None:
    path = put(tee / "fuzz.json", {"cases": FUZZ["cases"][:2]}, packed=True)
    whole = path.read_bytes()
    for content in (whole[:-20], b"nothing"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="gz"):
            judged(tee)


def test_values_are_compared_in_depth() -> None:
    ours = {"a": [1, {"b": 2}], "c": 3}
    theirs = {"a": [1, {"b": 4}], "d": 5}
    told = {each.field: (each.ours, each.theirs) for each in compare(ours, theirs)}
    assert told == {"a[1].b": (2, 4), "c": (3, "(absent)"), "d": ("(absent)", 5)}
    assert [each.field for each in compare([1], [1, 2], "x")] == ["x"]
