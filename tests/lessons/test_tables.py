# SPDX-License-Identifier: GPL-2.0-or-later
"""What the notebooks lay side by side says what the runs say, whatever they are given."""

from pathlib import Path

import pytest

from rprocbench import DESIGNS, At, Errno, Fail, demo_elf, demo_image, with_flipped_byte
from rprocbench.lessons import (
    Table,
    after_a_fault,
    boot,
    broken,
    broken_example,
    carveouts,
    checks,
    commands,
    findings,
    flipped,
    labels,
    my_image,
    opinions,
    order,
    orders,
    placed,
    results,
    reviewed,
    second_files,
    secure_writes,
    segments,
    states,
    tampered,
    written_back,
)
from rprocbench.lessons.runs import clean

LATE = {At("rproc_alloc_registered_carveouts"): Fail(Errno.ENOMEM)}
HOSTILE = "<img src=x onerror=alert(1)>"


def column(table: Table, name: str) -> list[str]:
    """One column by its heading."""
    at = table.head.index(name)
    return [row[at] for row in table.rows]


def test_a_table_is_text_and_html() -> None:
    table = Table.of("Two", ("a", "b"), [("x", 1), ("long\ntext", None)])
    assert repr(table).splitlines() == [
        "Two",
        "a     b",
        "----  ----",
        "x     1",
        "long  None",
        "text",
    ]
    assert '<th scope="col"' in table._repr_html_()
    assert '<th scope="row"' in table._repr_html_()


def test_a_table_is_inert() -> None:
    table = Table.of(HOSTILE, (HOSTILE,), [(HOSTILE,)])
    assert "<img" not in table._repr_html_()


def test_where_segments_go() -> None:
    table = segments(demo_image())
    assert column(table, "the M4 finds it at") == ["0x00000000", "0x10000000", "0x10020000"]
    assert column(table, "in the region") == ["retram", "mcuram2", "mcuram2"]
    assert column(segments(broken_example()), "in the region")[2] == "none"


def test_the_order_of_the_designs_is_what_the_argument_is_about() -> None:
    steps = {name: order(clean(name)) for name in DESIGNS}
    assert "LOAD" not in steps["mainline"]
    assert steps["v2"].index("LOAD") == steps["v2"].index("sanity_check") + 1
    assert steps["seed-request-fw"].index("LOAD") == 1
    assert steps["seed-ext-boot"][1:3] == ["LOAD", "START"]
    assert steps["v22"].index("LOAD") == steps["v22"].index("parse_fw") + 1
    assert steps["v22"].count("LOAD") == 2
    assert len(orders(*DESIGNS).rows) == max(map(len, steps.values()))


def test_what_a_late_fault_leaves() -> None:
    table = after_a_fault(DESIGNS, LATE)
    left = dict(zip(column(table, "design"), column(table, "left behind"), strict=True))
    assert left["mainline"] == left["v22"] == "nothing"
    assert "LOADED" in left["v2"]
    assert "LOADED" in left["seed-request-fw"]
    assert "the M4 runs" in left["seed-ext-boot"]


def test_who_looks_at_the_second_file() -> None:
    table = second_files(DESIGNS, LATE, with_flipped_byte(demo_image()))
    again = dict(zip(column(table, "design"), column(table, "second start"), strict=True))
    assert again["v22"] == "EIO"
    assert again["v2"] == again["seed-request-fw"] == "0"


def test_the_rings_have_no_address_when_the_m4_starts() -> None:
    for design in ("mainline", "v22"):
        rows = {row[0]: row[1:] for row in written_back(clean(design)).rows}
        assert rows["[1].vring[0].da"] == ("0xffffffff", "0xffffffff", "0x10040000")
        assert rows["[1].vdev.status"][-1] == "0x7"


def test_states_labels_results() -> None:
    run = boot("v22", LATE)
    assert results(run)[0] == "ENOMEM"
    assert "clean_up_resources" in labels(run)
    assert commands(run) == ["LOAD", "GET", "RELEASE"]
    assert "» RUNNING" in column(states(clean()), "Linux")
    assert not [row for row in broken(boot("v22")).rows if row[0] != "everything"]
    assert "mcuram2" in column(carveouts(clean("mainline")), "carveout")


def test_checks_and_writes_of_a_changed_segment() -> None:
    run = boot("v22", image=with_flipped_byte(demo_image()))
    assert column(checks(run), "answer")[-1] == "SECURITY"
    assert column(secure_writes(run), "OP-TEE") == ["copies", "copies", "clears"]


def test_tampering_and_placing() -> None:
    table = tampered(demo_image(), [0x4C, 0x600, 0x1200, 1 << 30])
    assert column(table, "and how") == ["SIGNATURE_INVALID", "SECURITY", "it boots", "it boots"]
    assert placed(demo_elf(), 2, [0x2002_0000]).rows[0][2].startswith("EINVAL")
    assert flipped(b"ab", 9) == b"ab"


def test_a_part_of_the_review() -> None:
    rows = reviewed("rproc_alloc_registered_carveouts")
    assert {row.design for row in rows} == set(DESIGNS)
    own = {row.design for row in rows if row.place and row.own}
    assert "v2" in own
    assert "v22" not in own


@pytest.mark.parametrize(
    "image", [b"", b"x", b"\x7fELF", demo_elf(), demo_elf()[:60], demo_image()[:300], bytes(5000)]
)
def test_any_file_can_be_asked_about(image: bytes) -> None:
    assert len(opinions(image).rows) == len(DESIGNS)
    assert findings(image).rows
    assert segments(image).head


def test_a_path_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path, tmp_path / "none", str(tmp_path / "none"), "\0"):
        assert my_image(path) == broken_example()
        assert "takes its place" in capsys.readouterr().out
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    assert my_image(mine) == b"mine"
    assert my_image(None) == broken_example()
