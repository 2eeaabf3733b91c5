# SPDX-License-Identifier: GPL-2.0-or-later
"""Aliases share storage, each world has its addresses, and every write is in the trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.run import Run
from rprocbench.base.state import fold
from rprocbench.base.trace import Lane, Wrote
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da, Pa, da_to_pa, pa_to_da
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2 as BOARD


@pytest.fixture
def soc() -> Soc:
    return Soc(BOARD, Run())


def test_mcusram_is_one_memory_at_several_addresses(soc: Soc) -> None:
    soc.a7.write(Pa(0x1000_0010), b"hello")
    assert soc.a7.read(Pa(0x3000_0010), 5) == b"hello"
    assert soc.m4.read(Da(0x1000_0010), 5) == b"hello"
    assert soc.m4.read(Da(0x3000_0010), 5) == b"hello"


def test_retram_is_device_address_0(soc: Soc) -> None:
    soc.a7.write(Pa(0x3800_0000), b"\x01\x02")
    assert soc.m4.read(Da(0), 2) == b"\x01\x02"
    assert soc.a7.locate(Pa(0), 1) is None


@pytest.mark.parametrize("pa", [0, 0x37FF_FFFF, 0x3801_0000, 0x1006_0000, 0x3005_FFFE, -1])
def test_where_a_world_sees_no_memory_there_is_none(soc: Soc, pa: int) -> None:
    with pytest.raises(IndexError):
        soc.a7.read(Pa(pa), 4)


def test_addresses_translate_both_ways() -> None:
    windows = BOARD.dma_ranges
    assert da_to_pa(windows, Da(0), 0x1_0000) == 0x3800_0000
    assert da_to_pa(windows, Da(0), 0x1_0001) is None
    assert pa_to_da(windows, Pa(0x3800_0004)) == 4
    assert pa_to_da(windows, Pa(0x2000_0000)) is None
    for window in windows:
        assert da_to_pa(windows, window.da, window.size) == window.pa
        assert pa_to_da(windows, window.pa, window.size) == window.da


@given(st.lists(st.tuples(st.integers(0, 0x5_FF00), st.binary(max_size=64)), max_size=6))
def test_folding_rebuilds_every_byte_whoever_wrote_it(writes: list[tuple[int, bytes]]) -> None:
    soc = Soc(BOARD, Run())
    ram = soc.rams["mcusram"]
    for index, (offset, data) in enumerate(writes):
        if index % 2:
            soc.a7.write(Pa(0x1000_0000 + offset), data)
        else:  # an engine that maps the storage writes behind our back
            ram.buffer[offset : offset + len(data)] = data
            ram.note_changes(Lane.M4)
    assert fold(soc.run.trace).memories["mcusram"].read(0, ram.size) == ram.read(0, ram.size)


def test_changes_by_the_engine_are_noticed_once(soc: Soc) -> None:
    ram = soc.rams["retram"]
    ram.buffer[1023:1026] = b"abc"
    ram.note_changes(Lane.M4)
    ram.note_changes(Lane.M4)
    writes = [event for event in soc.run.trace if isinstance(event, Wrote)]
    assert writes == [Wrote(Lane.M4, "retram", 1023, b"a"), Wrote(Lane.M4, "retram", 1024, b"bc")]


def test_coherent_memory_is_aligned_zeroed_bounded_and_given_back(soc: Soc) -> None:
    first = soc.dma_alloc(1)
    second = soc.dma_alloc(5000)
    assert (first, second) == (0xDC00_0000, 0xDC00_2000)
    assert second is not None
    assert soc.a7.read(second, 8192) == bytes(8192)
    assert soc.dma_alloc(0) is None
    assert soc.dma_alloc(65 << 20) is None
    soc.dma_free(second)
    assert soc.a7.locate(second, 1) is None
    assert soc.dma_alloc(5000) == second
