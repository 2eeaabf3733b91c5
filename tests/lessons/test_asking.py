# SPDX-License-Identifier: GPL-2.0-or-later
"""`check`, `hint`, `solution`: graded, friendly, never raising unless asked to."""

import html
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from rprocbench.lessons import EXERCISES, WrongAnswer, check, hint, solution, solutions
from rprocbench.lessons.asking import GIVEN
from rprocbench.lessons.reply import Reply, Tone


class Unhelpful:
    """An object that fails whatever is asked of it."""

    def __getattribute__(self, _name: str) -> NoReturn:
        raise RuntimeError("leave me alone")

    def __eq__(self, _other: object) -> NoReturn:
        raise RuntimeError("leave me alone")

    def __hash__(self) -> NoReturn:
        raise RuntimeError("leave me alone")

    def __repr__(self) -> NoReturn:
        raise RuntimeError("leave me alone")


SILLY: tuple[Any, ...] = (
    None, True, "", "   ", "x" * 10_000_000, b"", bytes(10_000_000), 1 << 100_000, -1, 1.5,
    float("nan"), float("inf"), [], {}, (), [None], {1: 2}, set(), object(), object, Unhelpful(),
    print, "<script>alert(1)</script>", "\x00\x1b[31m", ["v2"] * 10_000, "0x", "v2" * 100,
)  # fmt: skip


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("RPROCBENCH_STRICT", raising=False)
    GIVEN.clear()
    yield
    GIVEN.clear()


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_a_silly_answer_is_wrong_and_nothing_worse(name: str) -> None:
    for number, answer in enumerate(SILLY):
        reply = check(name, answer)
        assert reply.tone is Tone.WRONG, number
        assert len(str(reply)) < 1000
        assert "<script>" not in reply._repr_html_()


def test_each_wrong_attempt_brings_the_next_hint() -> None:
    hints = EXERCISES["30.1"].hints
    last_lines = [check("30.1", 1).lines[-1] for _ in range(len(hints) + 2)]
    for number, text in enumerate(hints):
        assert last_lines[number] == f"Hint {number + 1} of {len(hints)}: {text}"
    assert "solution" in last_lines[-1]
    assert last_lines[-1] == last_lines[-2]


def test_a_hint_can_be_asked_for_without_an_answer() -> None:
    first, second = hint("30.1"), hint("30.1")
    assert first.tone is Tone.HINT
    assert first.lines != second.lines
    assert "Hint 2" in second.lines[0]


def test_a_known_mistake_gets_its_own_hint_and_the_next_graded_one() -> None:
    reply = check("30.1", 280)
    assert len(reply.lines) == 2
    assert reply.lines[1].startswith("Hint 1")


def test_an_unanswered_exercise_costs_no_hint() -> None:
    for _ in range(3):
        reply = check("30.1", ...)
        assert reply.tone is Tone.OPEN
        assert not reply.is_right
    assert not GIVEN["30.1"]
    assert html.escape(EXERCISES["30.1"].hints[0]) in reply._repr_html_()


def test_numbers_may_be_written_in_many_ways() -> None:
    for answer in (300, 300.0, "300", "0x12c", " 0x12C ", "0b100101100", "0x1_2c"):
        assert check("30.1", answer).is_right, answer


def test_codes_may_be_written_in_many_ways() -> None:
    from rprocbench import TeeResult

    good = TeeResult.SIGNATURE_INVALID
    for answer in (good, "SIGNATURE_INVALID", "tee_error_signature_invalid", 0xFFFF_3072):
        assert check("30.2", answer).is_right, answer


def test_names_may_be_written_in_many_ways() -> None:
    for answer in ("OFFLINE", "offline", "`OFFLINE`", " OFFLINE "):
        assert check("40.1", answer).is_right, answer


def test_an_exercise_that_there_is_not_is_said_so() -> None:
    names: tuple[object, ...] = ("30.99", "", None, 17, [], "x" * 10_000_000, Unhelpful)
    for name in names:
        for reply in (check(name, 1), hint(name), solution(name)):
            assert "30.1" in reply.lines[0]
            assert len(str(reply)) < 1000


def test_strictness_raises_for_wrong_answers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RPROCBENCH_STRICT", "1")
    assert check("30.1", 300).is_right
    assert check("30.1", ...).tone is Tone.OPEN
    with pytest.raises(WrongAnswer, match="Not yet"):
        check("30.1", 280)
    with pytest.raises(WrongAnswer, match="whole number"):
        check("30.1", "three hundred")
    with pytest.raises(WrongAnswer):
        check("30.99", 1)


def test_zero_is_not_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RPROCBENCH_STRICT", "0")
    assert check("30.1", 280).tone is Tone.WRONG


def test_solutions_are_folded_and_not_in_the_text() -> None:
    shown = solutions(30)
    assert [reply.exercise for reply in shown.each] == ["30.1", "30.2", "30.3", "30.4"]
    page = shown._repr_html_()
    assert page.count("<details>") == 4
    assert "SIGNATURE_INVALID" in page
    assert "SIGNATURE_INVALID" not in repr(shown)


def test_what_is_said_is_escaped() -> None:
    reply = Reply("1.1", Tone.WRONG, ("<img src=x onerror=alert(1)>",), aside="<b>")
    assert "<img" not in reply._repr_html_()
    assert "<b>" not in reply._repr_html_()
    assert "<img" in str(reply)
