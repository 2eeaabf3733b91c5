# SPDX-License-Identifier: GPL-2.0-or-later
"""`linux_load`: one image in, Linux's verdict out."""

import hashlib
from dataclasses import replace

import pytest

from rprocbench.base.errors import InputError
from rprocbench.base.run import Run
from rprocbench.bench.demo import demo_elf
from rprocbench.kernel.remoteproc import Host
from rprocbench.kernel.remoteproc_core import rproc_boot
from rprocbench.kernel.stm32_rproc import stm32_rproc_probe
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Region
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.verdicts import LinuxVerdict, linux_load
from rprocbench.verdicts.linux_machine import LinuxMachine
from rprocbench.verdicts.linux_recorded import Build, verdict_of
from tests.kernel.images import (
    ANY,
    CODE,
    GOOD,
    RINGS,
    RPMSG,
    Segment,
    carveout,
    elf,
    entry,
    table,
    trace,
    vdev,
)


def spans(verdict: LinuxVerdict) -> list[str]:
    return [str(span) for span in verdict.spans]


def test_an_image_that_boots() -> None:
    verdict = linux_load(demo_elf())
    assert (verdict.result, verdict.stage, verdict.errno, verdict.undefined) == (
        "boot", "ok", None, None,
    )  # fmt: skip
    assert (verdict.message, verdict.spans, str(verdict)) == ("", (), "boots")
    assert verdict.table
    assert verdict.table.pa == 0x1002_0000
    assert [c.name for c in verdict.carveouts] == [r.name for r in STM32MP157C_DK2.linux_regions]
    assert [(d.id, d.probe, d.features, d.status) for d in verdict.vdevs] == [(7, "", 1, 7)]
    assert [t.readable for t in verdict.traces] == [True]
    assert verdict.parse_fw == ""
    assert verdict.shutdown is None


def test_carveouts_hold_what_was_loaded() -> None:
    verdict = linux_load(elf(RPMSG))
    retram = next(c for c in verdict.carveouts if c.name == "retram")
    memory = CODE[0].data.ljust(retram.size, b"\0")
    assert (retram.da, retram.pa, retram.size) == (0, 0x3800_0000, 0x1_0000)
    assert retram.sha256 == hashlib.sha256(memory).hexdigest()
    alias, sram = (c.sha256 for c in verdict.carveouts if c.name in ("mcuram", "mcuram2"))
    assert alias == sram  # one SRAM at two addresses
    assert verdict.memories["retram"] == retram.sha256


REFUSED = {
    "an empty file": (b"", "request_firmware", "EINVAL", []),
    "too small": (b"\x7fELF", "sanity_check", "EINVAL", ["image[0x0:0x4]"]),
    "no magic": (b"\0" + GOOD[1:], "sanity_check", "EINVAL", ["image[0x0:0x4]"]),
    "shoff": (elf(RPMSG, shoff=0x7FFF_FFFF), "sanity_check", "EINVAL", ["image[0x20:0x24]"]),
    "memsz": (
        elf(None, (Segment(0, b"x" * 8, 4),)), "load_segments", "EINVAL", ["image[0x44:0x48]"],
    ),
    "nowhere": (
        elf(None, (Segment(0x2000_0000, b"x"),)), "load_segments", "EINVAL", ["image[0x40:0x44]"],
    ),
    "devmem": (
        elf(table(carveout(b"uart", kind=1))), "handle_resources", "EINVAL",
        ["resource_table[0x18:0x4c]"],
    ),
    "twice": (
        elf(table(carveout(b"x"), carveout(b"x"))), "handle_resources", "ENOMEM",
        ["resource_table[0x54:0x88]"],
    ),
    "no memory": (
        elf(table(carveout(b"x", length=0x7FFF_F000))), "alloc_carveouts", "ENOMEM", [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", REFUSED)
def test_a_refusal_says_where_why_and_which_bytes(row: str) -> None:
    image, stage, errno, where = REFUSED[row]
    verdict = linux_load(image)
    assert (verdict.result, verdict.stage, verdict.errno) == ("reject", stage, errno)
    assert spans(verdict) == where
    assert verdict.message
    assert not verdict.started
    printed = {line.split(":", 1)[1] for line in verdict.log}
    assert verdict.message in printed or row == "devmem"


def test_messages_are_lines_of_dmesg() -> None:
    assert linux_load(b"\x7fELF").message == "Image is too small"
    nowhere = linux_load(elf(None, (Segment(0x2000_0000, b"x"),)))
    assert nowhere.message == "bad phdr da 0x20000000 mem 0x1"
    assert nowhere.log[-1] == "err:Failed to load program segments: -22"


def test_an_image_without_a_table_boots() -> None:
    verdict = linux_load(elf(None))
    assert (verdict.result, verdict.parse_fw, verdict.table) == ("boot", "EINVAL", None)
    assert "warn:no resource table found for this firmware" in verdict.log


UNDEFINED = {
    "program headers": (elf(RPMSG, phnum=0xFFF0), "load_segments"),
    "a name": (elf(RPMSG, sh_name=0x10_0000), "parse_fw"),
    "a wrap": (elf(RPMSG, (*CODE, Segment(0x1000_0010, b"x", 0xFFFF_FFF8))), "load_segments"),
    "a format": (elf(table(carveout(b"a%d"))), "ok"),
    "one ring": (elf(table(vdev(RINGS[:1]))), "start_subdevices"),
    "a ring": (elf(table(vdev([(ANY, 0xFFFF_FFFE, 16), RINGS[1]]))), "start_subdevices"),
}


@pytest.mark.parametrize("row", UNDEFINED)
def test_what_has_no_meaning_is_undefined_and_hardened_it_is_not(row: str) -> None:
    image, stage = UNDEFINED[row]
    verdict = linux_load(image)
    assert (verdict.result, verdict.stage, verdict.errno) == ("undefined", stage, None)
    assert verdict.undefined
    assert str(verdict).startswith(f"undefined at {stage}")
    careful = linux_load(image, hardened=True)
    assert careful.undefined is None
    assert careful.hardened


def test_a_vdev_of_a_type_that_nobody_drives() -> None:
    verdict = linux_load(elf(table(vdev(RINGS, id=77), trace(0x9000_0000))))
    assert [(d.id, d.probe, d.status) for d in verdict.vdevs] == [(77, None, 1)]
    assert [t.readable for t in verdict.traces] == [False]


def test_a_vdev_that_goes_missing_is_told() -> None:
    verdict = linux_load(elf(table(vdev([(ANY, 4096, 16), RINGS[1]]))))
    assert (verdict.result, verdict.vdevs, verdict.leaked_devices) == ("boot", (), 1)
    assert "err:probe with driver rproc-virtio failed with error -12" in verdict.log
    old = linux_load(elf(table(vdev([(ANY, 4096, 16), RINGS[1]]))), linux="6.1")
    assert "warn:probe with driver rproc-virtio failed with error -12" in old.log


def test_versions_differ_as_recorded() -> None:
    image = elf(RPMSG, shoff=0x7FFF_FFFF)
    told = {linux: linux_load(image, linux=linux).message for linux in ("6.1", "6.12", "7.3")}
    assert told == {
        "6.1": "Image is too small", "6.12": "Section header table is out of bounds",
        "7.3": "Section header table is out of bounds",
    }  # fmt: skip


def test_a_wider_kernel_has_room() -> None:
    image = elf(RPMSG, (*CODE, Segment(0, b"x", 0x1_0000_0010)), bits=64)
    assert linux_load(image).errno == "EOVERFLOW"
    assert linux_load(image, bits=64).errno == "EINVAL"
    assert linux_load(image, board=replace(STM32MP157C_DK2, bits=64)).bits == 64


def test_another_board() -> None:
    board = replace(STM32MP157C_DK2, linux_regions=STM32MP157C_DK2.linux_regions[:1])
    assert linux_load(elf(None), board=board).errno == "EINVAL"
    region = Region("far", STM32MP157C_DK2.dma_pool.pa, 4096)
    far = replace(STM32MP157C_DK2, linux_regions=(region,))
    assert linux_load(elf(None), board=far).stage == "prepare"


@pytest.mark.parametrize("wrong", [{"linux": "5.10"}, {"linux": ""}, {"bits": 16}])
def test_what_is_not_modelled_is_said(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        linux_load(GOOD, **wrong)  # type: ignore[arg-type]


def test_two_verdicts_on_one_image_are_equal_values() -> None:
    image = elf(table(vdev(RINGS), carveout(b"mine"), entry(200)))
    first, second = linux_load(image), linux_load(image)
    assert first == second
    assert first.carveouts[-1].dynamic


def test_no_trace_is_kept_and_the_verdict_is_that_of_a_traced_boot() -> None:
    machine = LinuxMachine(STM32MP157C_DK2, Host(Run(), Soc(STM32MP157C_DK2, Run())).linux)
    assert machine.run.trace == []
    run = Run()
    host = Host(run, Soc(STM32MP157C_DK2, run), files={"rproc-m4-fw": demo_elf()})
    rproc = stm32_rproc_probe(host)
    rproc_boot(rproc)
    verdict = linux_load(demo_elf())
    memory = host.soc.rams["retram"].read(0, 0x1_0000)
    assert verdict.memories["retram"] == hashlib.sha256(memory).hexdigest()
    assert machine.run.trace == []


def test_a_build_of_ones_own() -> None:
    assert verdict_of(GOOD, Build("mine", "7.3", 64, (0, 0x1000))).bits == 64
