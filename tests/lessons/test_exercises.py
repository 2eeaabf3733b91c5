# SPDX-License-Identifier: GPL-2.0-or-later
"""Every exercise: its right answer is worked out, wrong ones are told from each other."""

import pytest

from rprocbench.lessons import EXERCISES, broken_example, check, elf_in, moved, solution
from rprocbench.lessons.asking import GIVEN
from rprocbench.lessons.reply import Tone

from .wrong_answers import WRONG

NAMES = sorted(EXERCISES)


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_right(name: str) -> None:
    found = solution(name)
    assert found.tone is Tone.SOLUTION
    assert found.hidden
    assert found.answer is not None
    assert check(name, found.answer).is_right


@pytest.mark.parametrize("name", NAMES)
def test_wrong_answers_get_hints_of_their_own(name: str) -> None:
    said = set()
    for answer in WRONG[name]:
        GIVEN.clear()
        reply = check(name, answer)
        assert reply.tone is Tone.WRONG, f"{answer!r} is right"
        said.add(reply.lines[0])
    assert len(said) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_says_what_is_asked_and_helps(name: str) -> None:
    exercise = EXERCISES[name]
    assert exercise.question.endswith("?")
    assert len(exercise.hints) >= 2
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert exercise.key.because


def test_wrong_answers_are_listed_for_every_exercise() -> None:
    assert set(WRONG) == set(EXERCISES)


def test_an_answer_is_worked_out_once() -> None:
    exercise = EXERCISES["30.1"]
    assert exercise.key is exercise.key


def test_mending_the_file_inside_the_container_is_not_enough() -> None:
    example = broken_example()
    inside = elf_in(example)
    patched = example.replace(inside, moved(inside, 2, 0x1002_0000))
    assert "signed anew" in check("90.3", patched).lines[0]


def test_several_answers_may_be_right() -> None:
    assert check("10.4", "0x20020000").is_right
    assert check("30.4", 0x1200).is_right
    assert check("30.4", 0x1210).is_right
    assert check("70.3", "v2, seed-request-fw").is_right
    assert check("70.3", ["seed-request-fw", "v2"]).is_right
