# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware with debug information: the one that comes with rprocbench, and one compiled here."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from rprocbench.bench import Bench
from rprocbench.debug import Target, open_target
from rprocbench.resources import resource

SOURCES = Path(__file__).parent / "sources"
GCC, CLANG = "arm-none-eabi-gcc", "clang"
MACHINE = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
COMMON = ("-std=gnu11", "-ffreestanding", "-nostdlib", "-Wl,--build-id=none")


def give_up(why: str) -> None:
    """Skip, or fail where the tools are promised."""
    if os.environ.get("RPROCBENCH_REQUIRE_TOOLS") == "1":
        pytest.fail(why)
    pytest.skip(why)


def need(*tools: str) -> None:
    """Skip, or fail, without these programs."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        give_up(f"not installed: {', '.join(missing)}")


def shipped(name: str, suffix: str = "elf") -> Path:
    """A firmware of `data/firmware`; its debug information is beside it."""
    return resource("data", "firmware", name, f"{name}.{suffix}")


def target(name: str, suffix: str = "elf") -> Target:
    """That firmware, booted."""
    return open_target(shipped(name, suffix), Bench())


def compile_shapes(into: Path, *flags: str, compiler: str = GCC, source: str = "shapes.c") -> Path:
    """`sources/shapes.c`, or another, as a firmware."""
    need(compiler, GCC)
    out = into / f"{Path(source).stem}.elf"
    libgcc = subprocess.run(
        [GCC, *MACHINE, "-print-libgcc-file-name"], check=True, capture_output=True, text=True
    ).stdout.strip()
    own = ["-nostartfiles", "-Wl,-z,max-page-size=16"]
    if compiler == CLANG:
        own = ["--target=thumbv7em-none-eabihf", "-fuse-ld=lld"]
    command = [
        compiler, *own, *MACHINE, *COMMON, *flags, "-T", str(SOURCES / "shapes.ld"),
        "-o", str(out), str(SOURCES / source), libgcc,
    ]  # fmt: skip
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return out


@cache
def line_of(file: str, text: str) -> int:
    """The number of the first line of a source that contains `text`."""
    path = SOURCES / file if (SOURCES / file).exists() else resource("data", "firmware", file)
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
