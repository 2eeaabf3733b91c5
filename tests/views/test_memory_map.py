# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things lie."""

from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.views import render
from rprocbench.views.memory_map import Bank, Block, Item, MemoryMap, memory_map
from rprocbench.views.show import show
from rprocbench.views.terminal import Terminal


def bank(view: MemoryMap, name: str) -> Bank:
    return next(bank for bank in view.banks if bank.name == name)


def block(view: MemoryMap, name: str) -> Block:
    blocks = (b for bank in view.banks for track in bank.tracks for b in track.blocks)
    return next(block for block in blocks if block.name == name)


def test_each_world_finds_a_thing_at_its_own_address() -> None:
    view = memory_map(STM32MP157C_DK2, [Item("vectors", "da", 0, 664, "segment")])
    found = bank(view, "retram")
    assert found.address("M4", block(view, "vectors")) == 0
    assert found.address("Linux", block(view, "vectors")) == 0x3800_0000
    assert found.bases("M4") == "0x00000000, 0x38000000"


def test_regions_that_share_bytes_by_an_alias_are_not_called_wrong() -> None:
    view = memory_map(STM32MP157C_DK2)
    assert block(view, "mcuram").shares == ("mcuram2",)
    assert block(view, "mcuram").overlaps == ()
    assert block(view, "mcuram").note == "≡ same bytes as mcuram2"


def test_overlaps_and_gaps_are_told() -> None:
    one = Item("data", "da", 0x1000_0000, 0x100, "segment")
    two = Item("bss", "da", 0x1000_0080, 0x100, "segment")
    far = Item("heap", "da", 0x1000_0400, 0x100, "segment")
    view = memory_map(STM32MP157C_DK2, [one, two, far])
    track = next(t for t in bank(view, "mcusram").tracks if t.kind == "segment")
    assert [b.overlaps for b in track.blocks] == [("bss",), ("data",), ()]
    assert track.gaps == ((0x180, 0x400),)
    text = render.text(view, Terminal(110))
    assert "✗ overlaps bss" in text
    assert "free" in text


def test_the_same_bytes_through_two_addresses_of_one_kind_are_noticed() -> None:
    here = Item("here", "da", 0x1000_0000, 16, "segment")
    alias = Item("alias", "da", 0x2000_0000, 16, "segment")
    assert block(memory_map(STM32MP157C_DK2, [here, alias]), "here").shares == ("alias",)


def test_what_fits_nowhere_is_a_stray() -> None:
    across = Item("across", "da", 0x1005_FFF0, 0x20, "segment")
    outside = Item("outside", "pa", 0x9000_0000, 4, "segment")
    view = memory_map(STM32MP157C_DK2, [across, outside])
    assert view.strays == (across, outside)
    assert "✗ in no memory of the board" in render.text(view, Terminal())
    assert "outside" in view.alt


def test_text_and_html_show_the_same_names() -> None:
    shown = show(memory_map(STM32MP157C_DK2, [Item("trace", "da", 0x1005_0000, 4096, "trace")]))
    for name in ("retram", "mcuram2", "vdev0buffer", "ipc_shmem", "trace"):
        assert name in shown.text()
        assert name in shown.html()


def test_an_item_in_the_dma_pool_has_no_address_on_the_m4() -> None:
    view = memory_map(STM32MP157C_DK2, [Item("vring", "pa", 0xDC00_0000, 4096, "vring")])
    assert bank(view, "linux,cma (DDR)").address("M4", block(view, "vring")) is None
