# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things lie, and from when to when: every form but the live one."""

from typing import TYPE_CHECKING

import pytest

from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.views import render
from rprocbench.views.memory_live import LiveMemory, live_memory, memory_of, place_all
from rprocbench.views.memory_live_pack import memory_pack
from rprocbench.views.memory_live_things import Thing, things_of_image, things_of_run
from rprocbench.views.show import show
from rprocbench.views.terminal import Terminal
from rprocbench.views.wording import columns
from tests.views.workbench_stage import clean, hostile_image, hostile_run, recovery

if TYPE_CHECKING:
    from rprocbench.base.trace import Trace


def of_kind(view: LiveMemory, kind: str) -> list[Thing]:
    return [thing for thing in view.things if thing.item.kind == kind]


def test_only_what_exists_is_there() -> None:
    view = memory_of(clean())
    first = {thing.item.kind for thing in view.things if thing.exists(-1)}
    assert first == {"dma-ranges"}
    assert all(t.exists(918) for t in view.things)  # Linux says RUNNING
    last = [t for t in view.things if t.exists(len(clean().trace) - 1)]
    assert {thing.item.kind for thing in last} == {"dma-ranges"}


def test_carveouts_are_those_of_the_fold() -> None:
    view = memory_of(clean())
    for index in range(0, len(clean().trace), 61):
        state = clean().state_at(index)
        names = {f["name"] for o, f in state.objects.items() if state.kinds[o] == "RprocMemEntry"}
        there = {t.item.name for t in of_kind(view, "carveout") if t.exists(index)}
        assert there == names, index


def test_segments_are_there_when_their_bytes_are() -> None:
    run, view = clean(), memory_of(clean())
    segments = of_kind(view, "segment")
    assert len(segments) == 3
    for segment in segments:
        ram = "retram" if segment.item.start < 0x1000_0000 else "mcusram"
        at = segment.item.start & 0xFFF_FFFF
        content = run.image[slice(*segment.span)]
        for index, there in ((segment.since - 1, False), (segment.since, True)):
            held = run.state_at(index).memories[ram].read(at, len(content))
            assert (held == content) is there


def test_rings_buffers_table_and_log_lie_where_the_run_put_them() -> None:
    view = memory_of(clean())
    assert [t.item.start for t in of_kind(view, "vring")] == [0x1004_0000, 0x1004_1000]
    (buffers,), (log,) = of_kind(view, "buffer"), of_kind(view, "trace buffer")
    assert (buffers.item.start, buffers.item.size) == (0x1004_2000, 0x4000)
    assert log.item.size == 2048
    (table,) = of_kind(view, "resource table")
    assert clean().image[slice(*table.span)][:4] == b"\x01\0\0\0"


def test_after_a_recovery_the_segments_are_loaded_again() -> None:
    trace: Trace = recovery()
    things = things_of_run(trace)
    assert len([t for t in things if t.item.kind == "vring"]) == 4  # two rings, twice


@pytest.mark.parametrize(
    ("da", "size", "why"),
    [
        (0x6000_0000, 64, "the M4 has no memory there"),
        (0x2000_0000, 64, "not in one window of dma-ranges"),
        (0x1004_6000, 64, "Linux: in no region; OP-TEE: in no region"),
        (0x1004_8000, 64, "Linux: in no region"),
        (0x1003_FFF0, 64, "Linux: lies over vdev0vring0; OP-TEE: lies over vdev0vring0"),
        (0x3003_FFF0, 64, "Linux: reaches beyond mcuram; OP-TEE: reaches beyond mcuram"),
        (0x1000_0000, 64, ""),
    ],
)
def test_what_does_not_fit_is_told(da: int, size: int, why: str) -> None:
    image = build_elf([Seg(da, bytes(size))])
    (thing,) = things_of_image(STM32MP157C_DK2, image)
    assert thing.problem == why
    view = live_memory(STM32MP157C_DK2, image)
    assert len(view.misfits) == bool(why)
    for form in (show(view).text(), show(view).html(), memory_pack(view)):
        assert (why in form) or not why


def test_overlaps_are_told_and_aliases_are_not_called_wrong() -> None:
    image = build_elf([Seg(0x1000_0000, bytes(64)), Seg(0x1000_0020, bytes(64))])
    notes = [p.note for p in place_all(live_memory(STM32MP157C_DK2, image))[1]]
    assert "✗ overlaps PT_LOAD 1" in notes
    alias = build_elf([Seg(0x1000_0000, bytes(64)), Seg(0x3000_0000, bytes(64))])
    notes = [p.note for p in place_all(live_memory(STM32MP157C_DK2, alias))[1]]
    assert "≡ same bytes as PT_LOAD 1" in notes


def test_an_image_alone_and_no_image_at_all() -> None:
    for image in (demo_elf(), demo_image(), b"", b"\x7fELF", bytes(100)):
        view = live_memory(STM32MP157C_DK2, image)
        assert "retram" in show(view).text()
        assert "<img" in show(view).html()


@pytest.mark.parametrize("width", [60, 120])
def test_text_keeps_to_the_width(width: int) -> None:
    text = render.text(memory_of(clean()), Terminal(width))
    assert max(map(columns, text.split("\n"))) <= width
    assert "trace0" in text


def test_equal_runs_look_equal() -> None:
    assert memory_pack(memory_of(Bench().boot(demo_image()))) == memory_pack(memory_of(clean()))


def test_hostile_names_stay_text() -> None:
    for view in (memory_of(hostile_run()), live_memory(STM32MP157C_DK2, hostile_image())):
        assert "<img src=x" not in render.body(view)
        assert "\x1b" not in render.text(view, Terminal())
        assert "<img src=x" in render.text(view, Terminal(120))
