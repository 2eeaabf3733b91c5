# SPDX-License-Identifier: GPL-2.0-or-later
"""Find, go to, numbers and copies of the hex view, in a browser, without its grid."""

from typing import Any

import pytest

from rprocbench.views.bytes_widget import source

FILES = ("bytes_dom.js", "bytes_tools.js")


@pytest.fixture
def tools(page: Any) -> Any:
    names = "parsePattern, findPattern, parseOffset, inspect, asSource, splitPath, Regions"
    page.add_script_tag(content=f"{source(*FILES)}\nObject.assign(window, {{ {names} }});")
    page.evaluate(
        """() => { window.data = new TextEncoder().encode("abc ABC abc\\x7fELF\\x01"); }"""
    )
    return page


@pytest.mark.parametrize(
    ("text", "is_text", "wanted"),
    [
        ("41 42", False, [[0x41, 255], [0x42, 255]]),
        ("0x4142", False, [[0x41, 255], [0x42, 255]]),
        ("4? ?? ?2", False, [[0x40, 240], [0, 0], [2, 15]]),
        ("4", False, None),
        ("zz", False, None),
        ("", False, None),
        ("A?", True, [[0x41, 255], [0, 0]]),
        ("é", True, [[0xC3, 255], [0xA9, 255]]),
        ("", True, None),
    ],
)
def test_patterns(tools: Any, text: str, is_text: bool, wanted: object) -> None:
    assert tools.evaluate("([t, k]) => parsePattern(t, k)", [text, is_text]) == wanted


@pytest.mark.parametrize(
    ("text", "start", "back", "wanted"),
    [
        ("abc", 0, False, 0), ("abc", 1, False, 8), ("abc", 9, False, -1), ("abc", 7, True, 0),
        ("abc", 14, True, 8), ("a?c", 0, False, 0), ("?BC", 0, False, 4), ("??", 15, False, -1),
        ("ELF", 0, False, 12), ("abc", -1, True, -1),
    ],
)  # fmt: skip
def test_find(tools: Any, text: str, start: int, back: bool, wanted: int) -> None:
    find = "([t, s, b]) => findPattern(data, parsePattern(t, true), s, b)"
    assert tools.evaluate(find, [text, start, back]) == wanted


def test_find_agrees_with_a_plain_search(tools: Any) -> None:
    wrong = tools.evaluate("""() => {
      const noise = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919 >> 3) % 5);
      const wrong = [];
      for (const text of ["00 01", "0? 04 ??", "?? 02", "01", "?3 ?? 00", "04 04 04"]) {
        const pattern = parsePattern(text, false);
        const is = (at) => pattern.every(([byte, mask], i) => (noise[at + i] & mask) === byte);
        const all = [...noise.keys()].filter((at) => at + pattern.length <= noise.length && is(at));
        for (let at = 0; at <= noise.length; at += 13) {
          const next = all.find((one) => one >= at) ?? -1;
          const before = all.findLast((one) => one <= at) ?? -1;
          if (findPattern(noise, pattern, at) !== next) wrong.push([text, at, "next"]);
          if (findPattern(noise, pattern, at, true) !== before) wrong.push([text, at, "before"]);
        }
      }
      return wrong;
    }""")
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "here", "wanted"),
    [("0x10", 0, 16), ("16", 0, 16), ("+4", 10, 14), ("-0x4", 10, 6), ("+3", -1, 3),
     ("1_000", 0, 1000), ("head.size", 0, 4), ("SIZE", 0, 4), ("zz", 0, None), ("", 0, None)],
)  # fmt: skip
def test_go_to(tools: Any, text: str, here: int, wanted: int | None) -> None:
    regions = "{ told: [['head.magic'], ['head.size']], starts: [0, 4] }"
    assert tools.evaluate(f"([t, h]) => parseOffset(t, h, {regions})", [text, here]) == wanted


def test_numbers(tools: Any) -> None:
    rows = tools.evaluate("() => inspect(Uint8Array.from([0xfe, 0xff, 0, 1, 0x41]), 0)")
    told = {name: (little, big) for name, little, big in rows}
    assert told["u8"] == ("0xfe = 254", "")
    assert told["i16"] == ("-2", "-257")
    assert told["u32"] == ("0x0100fffe = 16,842,750", "0xfeff0001 = 4,278,124,545")
    assert told["ASCII"][0] == "not printable"
    rows = tools.evaluate("() => inspect(Uint8Array.from([0xfe, 0xff, 0, 1, 0x41]), 4)")
    told = {name: (little, big) for name, little, big in rows}
    assert told["u16"] == ("–", "–")
    assert told["ASCII"][0] == "“A”"
    assert told["bits"][0] == "0100 0001"


def test_copies_are_what_they_say(tools: Any) -> None:
    made = tools.evaluate("""() => {
      const bytes = Uint8Array.from({ length: 20 }, (_, i) => i * 9);
      return ["hex", "c", "python"].map((format) => asSource(bytes, format));
    }""")
    wanted = bytes(i * 9 for i in range(20))
    assert bytes.fromhex(made[0].replace("\n", " ")) == wanted
    assert made[1].startswith("const unsigned char bytes[20] = {\n  0x00, 0x09,")
    assert eval(made[2]) == wanted  # noqa: S307  it is Python that the reader is to paste


def test_paths_are_parted_at_dots_outside_of_brackets(tools: Any) -> None:
    split = "(path) => splitPath(path)"
    assert tools.evaluate(split, "images[0].content[.text].a") == [
        "images[0]",
        "content[.text]",
        "a",
    ]
    assert tools.evaluate(split, "a]].b") == ["a]]", "b"]
    assert tools.evaluate(split, "[[.x") == ["[[.x"]
