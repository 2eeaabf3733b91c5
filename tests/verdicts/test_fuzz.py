# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutants: a few of the million that `benchmarks/fuzz.py` tries, and that it would notice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fuzz
from rprocbench.tee import GENERATIONS
from rprocbench.verdicts import tee_load

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"


def test_some_mutants_give_nothing_but_answers() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--count", "2000", "--seed", "77", "--jobs", "1", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["exceptions"], told["differ"], told["mutants"]) == ([], [], 2000)
    assert sum(told["results"].values()) == 2000
    assert len(told["results"]) > 6


def test_a_mutant_is_always_the_same() -> None:
    assert [fuzz.mutant(3, n) for n in range(50)] == [fuzz.mutant(3, n) for n in range(50)]
    assert len({fuzz.mutant(3, n) for n in range(50)}) > 40


def test_every_generation_has_its_turn() -> None:
    names = " ".join(name for name, _world in fuzz.worlds())
    assert all(name in names for name in GENERATIONS)


def test_an_exception_and_a_difference_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(fuzz, "verify_image", broken)
    found = fuzz.Findings()
    fuzz.try_one(1, 1, found)
    assert [what for _index, what, _told in found.exceptions] == ["verify_image"]
    assert not found.is_clean
    monkeypatch.undo()
    refused = tee_load(b"", public_key=fuzz.signer().public)
    monkeypatch.setattr(fuzz, "tee_load", lambda *_args, **_options: refused)
    head = fuzz.worlds()[0][1]
    other = next(n for n in range(40, 4000, 40) if head.load(fuzz.mutant(1, n)).result.value == 0)
    found = fuzz.Findings()
    fuzz.try_one(1, other, found)
    assert found.differ == [(other, "SUCCESS", "BAD_PARAMETERS")]
