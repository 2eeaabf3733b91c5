# SPDX-License-Identifier: GPL-2.0-or-later
"""One image on two machines says the same, but for the limits that are listed here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .torture import LENGTH, TORTURE, load, printed, sections

QEMU, COMPILER = "qemu-system-arm", "arm-none-eabi-gcc"
FAULT = "exc 6 ret fffffff9 cfsr 1000000 hfsr 0 into"

# Section: our text, QEMU's text. The reasons are in docs/limits.md.
DIFFERENCES = {
    # Unicorn executes as a Cortex-M33 in secure state: CONTROL has a bit 3 beside FPCA.
    "extended frame": (
        "ffffffe9 c ffffffe1 0 3f800000 40000000 40400000 41000000 0 c 0",
        "ffffffe9 4 ffffffe1 0 3f800000 40000000 40400000 41000000 0 4 0",
    ),
    "floats not in use": ("c ffffffe9 0 fffffff9 0", "4 ffffffe9 0 fffffff9 0"),
    # Without `strict`, alignment is checked for exclusive accesses, and for UNALIGN_TRP.
    "unaligned ldm and stm": ("ffff0000", f"{FAULT} 10 {FAULT} c 0"),
    "unaligned ldrd and strd": ("ffff0000", f"{FAULT} 10 {FAULT} 10 0"),
    # QEMU has no SLEEPONEXIT: it goes on after the first tick of three.
    "sleep on exit": ("3", "1"),
}


STRICT = ("unaligned ldm and stm", "unaligned ldrd and strd")  # those that `strict` makes equal


def give_up(why: str) -> None:
    """Skip, or fail where the tools are promised."""
    if os.environ.get("RPROCBENCH_REQUIRE_TOOLS") == "1":
        pytest.fail(why)
    pytest.skip(why)


def compiler_version() -> str:
    """How the compiler names itself, as `make COMPILER` records it."""
    environment = {**os.environ, "LC_ALL": "C"}
    shown = subprocess.run(
        [COMPILER, "--version"], check=True, capture_output=True, text=True, env=environment
    )
    return shown.stdout.splitlines()[0]


def qemu(image: Path) -> list[str]:
    """What QEMU prints."""
    command = [
        QEMU, "-M", "mps2-an386", "-display", "none", "-serial", "none", "-monitor", "none",
        "-semihosting-config", "enable=on,target=native", "-kernel", str(image),
    ]  # fmt: skip
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return (run.stdout + run.stderr).splitlines()


def test_both_machines_say_the_same_but_for_the_limits() -> None:
    core = load((TORTURE / "torture.elf").read_bytes())
    core.run_until(LENGTH)
    ours = sections(printed(core))
    theirs = sections((TORTURE / "qemu.txt").read_text().splitlines())
    assert len(theirs) == 83
    assert ours.keys() == theirs.keys()
    different = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
    assert different == DIFFERENCES
    assert not core.is_running
    assert core.semihosting.exit_code == 1  # it asked to end, with code 0


def test_a_strict_machine_checks_every_alignment() -> None:
    core = load((TORTURE / "torture.elf").read_bytes())
    core.answers.strict = True
    core.run_until(LENGTH)
    ours = sections(printed(core))
    theirs = sections((TORTURE / "qemu.txt").read_text().splitlines())
    assert {name for name in ours if ours[name] != theirs[name]} == DIFFERENCES.keys() - STRICT


def test_a_hook_instead_of_unicorns_counter_says_the_same() -> None:
    image = (TORTURE / "torture.elf").read_bytes()
    native, hooked = load(image), load(image, native_meter=False)
    for core in (native, hooked):
        core.run_until(LENGTH)
    assert printed(hooked) == printed(native)
    assert hooked.cycles == native.cycles


def test_qemu_says_what_was_recorded() -> None:
    if not shutil.which(QEMU):
        give_up(f"{QEMU} is not installed")
    assert qemu(TORTURE / "torture.elf") == (TORTURE / "qemu.txt").read_text().splitlines()


@pytest.mark.parametrize("name", ["torture", "hal"])
def test_the_sources_make_the_committed_bytes(name: str, tmp_path: Path) -> None:
    missing = [tool for tool in (COMPILER, "make") if shutil.which(tool) is None]
    if missing:
        give_up(f"not installed: {', '.join(missing)}")
    source, copy, image = TORTURE.parent / name, tmp_path / "copy", f"{name}.elf"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("*.elf", "qemu.txt"))
    made = subprocess.run(
        ["make", "-B", "-C", str(copy), f"CC={COMPILER}", image],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    if (copy / image).read_bytes() != (source / image).read_bytes():
        if (found := compiler_version()) != (source / "COMPILER").read_text().strip():
            give_up(f"other bytes, but another compiler: {found}")
        pytest.fail(f"{image} is not what its sources make: run `make all` in data/{name}")
