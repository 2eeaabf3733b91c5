# SPDX-License-Identifier: GPL-2.0-or-later
"""How things are said."""

import pytest

from rprocbench.base.trace import Entered, Value
from rprocbench.views import wording
from tests.views.fake_boot import FakeBoot
from tests.views.hostile import ATTACK, hostile_trace


def test_nothing_that_moves_a_cursor_passes() -> None:
    said = wording.clean(ATTACK)
    assert said.isprintable()
    assert "\\x1b[31m" in said
    assert "\\u202e" in said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB")],
)
def test_sizes(count: int, said: str) -> None:
    assert wording.size(count) == said


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (None, "none"),
        (True, "yes"),
        (4095, "4095"),
        (0x1000_0000, "0x10000000"),
        (b"", "empty"),
        (b"\x01\x02", "01 02"),
        (bytes(20), "00 00 00 00 00 00 00 00 … (20 bytes)"),
        ((1, "a", None, 2), "(1, a, none, … 4 in all)"),
        ("RUNNING", "RUNNING"),
    ],
)
def test_values(thing: Value, said: str) -> None:
    assert wording.value(thing) == said


def test_every_event_has_a_sentence_on_one_line() -> None:
    for event in hostile_trace() + FakeBoot().boot().trace:
        said = wording.sentence(event)
        assert said.isprintable()
        assert type(event).__name__ not in said  # nobody falls back to a repr


def test_calls_are_counted_in_words() -> None:
    calls = [e for e in FakeBoot().boot().trace if isinstance(e, Entered) and e.nth == 2]
    assert "for the 2nd time" in wording.sentence(calls[0])
    assert [wording.ordinal(n) for n in (1, 3, 11, 22, 113)] == [
        "1st",
        "3rd",
        "11th",
        "22nd",
        "113th",
    ]


def test_shorten_counts_wide_characters() -> None:
    assert wording.shorten("漢字漢字", 5) == "漢字…"
    assert wording.columns("漢字e\u0301") == 5
