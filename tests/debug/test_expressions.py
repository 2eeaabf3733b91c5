# SPDX-License-Identifier: GPL-2.0-or-later
"""Expressions of C mean at the cursor what they mean in C."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rprocbench.base.errors import RprocError
from rprocbench.bench import Bench
from rprocbench.debug import open_target
from rprocbench.debug.expressions import Evaluator
from rprocbench.debug.view import View
from rprocbench.emulator.watch import Why

from .firmwares import compile_shapes, line_of, target

SHAPES = {
    "second.name": '(const char *) {address} "second"',
    "second.colour": "BLUE",
    "second.low + 1": "6",
    "second.b": "-2",
    "second.big == 0x123456789a": "1",
    "second.word.f": "1.5",
    "second.corners[1][0].y": "6",
    "*second.corners[0] + 0": "error",
    "(*head.next).corners[0][1]": "{x = 3, y = 4}",
    "head.next->low": "5",
    "&second == head.next": "1",
    "sizeof(struct node)": "56",
    "sizeof second.corners": "16",
    "values[1]": "2.5",
    "*(values + 2)": "-3",
    "values": "{1, 2.5, -3}",
    "text[0]": "104 'h'",
    "BLUE + GREEN": "11",
    "'a' + 1": "98",
    "010 + 0x10 + 0b11": "27",
    "-7 / 2": "-3",
    "-7 % 2": "-1",
    "1 << 4 | 1": "17",
    "2 + 3 * 4 == 14 && !0": "1",
    "1 || missing": "1",
    "(uint32_t)-1": "4294967295",
    "(int16_t)0xffff": "-1",
    "(char)65": "65 'A'",
    "add::calls": "1",
    "*(uint32_t *)&pi": "0",
    "many[1]@3": "{0, 0, 0}",
    "~0": "-1",
    "minus": "-5",
    "minus + 1": "-4",
}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Evaluator:
    """A machine that stands in `add`, with every type there is."""
    made: Path = compile_shapes(tmp_path_factory.mktemp("shapes"), "-g", "-O0")
    found = open_target(made, Bench())
    line = line_of("shapes.c", "return sum;")
    found.session.breakpoints = set(found.info.addresses_of("shapes.c", line))
    assert found.session.run(limit=1_000_000).why is Why.BREAKPOINT
    return Evaluator(View(found))


@pytest.mark.parametrize("text", SHAPES)
def test_expressions(shapes: Evaluator, text: str) -> None:
    wanted = SHAPES[text]
    if wanted == "error":
        with pytest.raises(RprocError):
            shapes.show(shapes.evaluate(text))
        return
    shown = shapes.show(shapes.evaluate(text))
    if "{address}" in wanted:
        before, after = wanted.split("{address}")
        assert shown.startswith(before)
        assert shown.endswith(after)
    else:
        assert shown == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        ("1 +", "too early"),
        ("(1", "')' is missing"),
        ("nobody", "nothing is called 'nobody'"),
        ("second.nobody", "has no member 'nobody'"),
        ("second + 1", "is no number"),
        ("*second", "is no pointer"),
        ("add(1, 2)", "not called"),
        ("1 / 0", "division by zero"),
        ("&5", "no address"),
        ("$r99", "is no register"),
        ("*(int *)0x2fffffff", "0x2fffffff"),
        ("*nothing", "void"),
        ("a ` b", "not understood"),
        ("09", "no number"),
        ("5 = 6", "in no memory"),
        ("second = head", "as a whole"),
        ("many[0]@1000000", "cannot be shown"),
        ("(" * 200 + "1" + ")" * 200, "too deeply"),
        ("-" * 500 + "1", "too deeply"),
        ("1" * 1001, "1000"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(shapes: Evaluator, text: str, why: str) -> None:
    with pytest.raises(RprocError) as caught:
        shapes.show(shapes.evaluate(text))
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_formats(shapes: Evaluator) -> None:
    value = shapes.evaluate("minus")
    assert shapes.show(value, "x") == "0xfffffffffffffffb"
    assert shapes.show(shapes.evaluate("yes"), "d") == "1"
    assert shapes.show(shapes.evaluate("second.colour"), "x") == "0x6"
    assert shapes.show(shapes.evaluate("65"), "c") == "65 'A'"
    assert shapes.show(shapes.evaluate("10"), "t") == "1010"
    assert shapes.show(shapes.evaluate("second.corners[0][1]"), "x") == "{x = 0x3, y = 0x4}"
    assert "<Reset_Handler>" in shapes.show(shapes.evaluate("vectors[1]"), "a")
    with pytest.raises(RprocError, match="no format"):
        shapes.show(value, "q")


def test_assigning_changes_memory_and_registers(shapes: Evaluator) -> None:
    assert shapes.show(shapes.evaluate("second.corners[0][0].y = -7")) == "-7"
    assert shapes.show(shapes.evaluate("head.next->corners[0][0].y")) == "-7"
    shapes.evaluate("$r4 = 0x1234")
    assert shapes.show(shapes.evaluate("$r4")) == "0x1234"
    shapes.evaluate("sum = 99")
    assert shapes.show(shapes.evaluate("sum")) == "99"


def test_frames_have_their_own_variables(shapes: Evaluator) -> None:
    view = shapes.view
    outer = next(i for i, call in enumerate(view.calls) if call.function == "work")
    view.select(outer)
    try:
        assert shapes.show(shapes.evaluate("n")) == "3"
        assert shapes.show(shapes.evaluate("p")) == "{x = 0, y = 0}"
    finally:
        view.select(0)
    assert shapes.show(shapes.evaluate("a")) == "0"


def test_without_debug_information_symbols_and_registers_remain(tmp_path: Path) -> None:
    made = compile_shapes(tmp_path, "-g0", "-O0")
    evaluator = Evaluator(View(open_target(made, Bench())))
    assert evaluator.show(evaluator.evaluate("both")) == "0x5"
    assert evaluator.evaluate("Reset_Handler").number & ~1 == evaluator.evaluate("$pc").number
    assert evaluator.show(evaluator.evaluate("*0x10020000 == *0x30020000")) == "1"
    with pytest.raises(RprocError, match="is called"):
        evaluator.evaluate("(struct node *)0")


ECHO = Evaluator(View(target("no_table")))
SIGNS = st.sampled_from(
    [
        *"()[]*&.-+<>=@,'!~/%|^$",
        "->",
        "sizeof",
        "struct",
        "main",
        "ticks",
        "$sp",
        "0x10020000",
        "7",
        " ",
    ]
)


@settings(max_examples=300)
@given(st.lists(SIGNS, max_size=25).map("".join) | st.text(max_size=40))
def test_any_text_is_a_value_or_a_typed_error(text: str) -> None:
    with suppress(RprocError):
        assert isinstance(ECHO.show(ECHO.evaluate(text)), str)
