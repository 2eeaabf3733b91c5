# SPDX-License-Identifier: GPL-2.0-or-later
"""Designs, listed and side by side; and what a run says of them."""

import json

import pytest

from rprocbench.base.errors import Cite
from rprocbench.bench import Bench, Recording
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.cli import main
from rprocbench.designs import DESIGNS, MAINLINE, SEED_EXT_BOOT, SEED_REQUEST_FW, V2, V22
from rprocbench.designs.differences import Difference, differences, originals
from rprocbench.views.recording_view import verdict_of


def by_name(found: list[Difference]) -> dict[str, Difference]:
    return {each.name: each for each in found}


def test_a_design_against_the_kernel_shows_its_marked_lines() -> None:
    boot = by_name(differences(MAINLINE, SEED_REQUEST_FW))["rproc_boot"]
    assert boot.within == ("seed-request-fw",)
    path = "drivers/remoteproc/remoteproc_core.c"
    assert boot.original == Cite("linux", path, "rproc_boot")
    (diff,) = boot.diffs
    added = [line[1:].strip() for line in diff.lines if line.startswith("+")]
    assert added == [
        "if rproc.tee_interface:  # [seed-request-fw]",
        "tee_rproc_request_firmware(rproc, fw)  # [seed-request-fw]",
    ]
    assert not any(line.startswith("-") for line in diff.lines)


def test_what_two_designs_share_is_left_out() -> None:
    found = by_name(differences(V2, SEED_EXT_BOOT))
    assert "tee_rproc_probe" not in found
    assert "tee_rproc_stop" not in found
    assert "stm32_rproc_tee_attach" not in found, "equal but for the marks"
    assert found["stm32_rproc_tee_elf_load"].within == ("v2",)
    assert found["rproc_fw_ext_boot"].within == ("seed-ext-boot",)
    assert found["tee_rproc_get_loaded_rsc_table"].within == ("v2", "seed-ext-boot")
    assert differences(V22, V22) == []


def test_a_function_that_both_replace_is_held_against_the_kernel_twice() -> None:
    probe = by_name(differences(V2, V22))["stm32_rproc_probe"]
    assert [(diff.old, diff.new) for diff in probe.diffs] == [("kernel", "v2"), ("kernel", "v22")]


def test_the_core_is_not_touched_by_v2() -> None:
    replaced = {each.name for each in differences(MAINLINE, V2) if each.original}
    assert replaced == {"stm32_rproc_parse_fw", "stm32_rproc_probe", "stm32_rproc_remove"}
    assert originals().keys() >= replaced


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_every_design_says_what_it_is(design: object) -> None:
    chosen = DESIGNS[getattr(design, "name")]  # noqa: B009  ids and values
    assert chosen.title
    assert chosen.why.endswith(".")
    assert chosen.thread.tree in ("linux", "lore")
    assert chosen is MAINLINE or chosen.caveats
    assert all(caveat.endswith(".") for caveat in chosen.caveats)


def test_the_command_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["designs"]) == 0
    text = capsys.readouterr().out
    for design in DESIGNS.values():
        assert f"{design.name}  ({design.family}, {design.date}" in text
    assert main(["designs", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in data] == list(DESIGNS)
    assert all(isinstance(each["caveats"], list) for each in data)


def test_the_command_compares(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["designs", "v2", "v22"]) == 0
    text = capsys.readouterr().out
    assert "== In both, and different: " in text
    assert "== Only in v2: " in text
    assert "-- rproc_release_fw: " in text.split("== Only in v22: ")[1]
    assert main(["designs", "v2", "v22", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["old"]["name"], data["new"]["name"]) == ("v2", "v22")
    probe = next(each for each in data["functions"] if each["name"] == "stm32_rproc_probe")
    assert probe["within"] == ["v2", "v22"]
    assert main(["designs", "v22", "v22"]) == 0
    assert "No function differs." in capsys.readouterr().out


@pytest.mark.parametrize("names", [["v3"], ["v2", "v22", "mainline"]])
def test_the_command_refuses_other_names(names: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["designs", *names])
    assert caught.value.code == 2


def recording(name: str) -> Recording:
    design = DESIGNS[name]
    return Bench(design=design).boot(demo_image() if design.signed else demo_elf())


@pytest.mark.parametrize("name", [name for name in DESIGNS if name != "seed-ext-boot"])
def test_the_demonstration_boots_through_every_design_that_works(name: str) -> None:
    run = recording(name)
    assert (run.verdict, run.code) == ("running", None)
    assert [message.payload for message in run.messages] == [b"hello", b"hello"]


def test_a_core_that_runs_unseen_is_told_apart() -> None:
    run = recording("seed-ext-boot")
    assert (run.verdict, run.runs_unseen, run.errno) == ("refused", True, "EINVAL")
    assert verdict_of(run).startswith("RUNS UNSEEN")
    assert run.trace_buffer.startswith("starting"), "the firmware did run"
    assert run.messages == []
