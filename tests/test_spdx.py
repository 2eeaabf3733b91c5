# SPDX-License-Identifier: GPL-2.0-or-later
"""Every source file says under which licence it is."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINE = "SPDX-License-Identifier: GPL-2.0-or-later"
KINDS = {".py", ".js", ".mjs", ".sh", ".c", ".h", ".ld", ".S", ".css", ".toml", ".yml"}
NAMES = {"bench", "Makefile", "run"}
GOLDEN = ROOT / "tests" / "vectors"  # what other programs made of these bytes is fixed
FIRST_LINES = 3  # the first, unless a `#!` or an encoding stands there


def sources() -> list[Path]:
    """What git tracks, or (in an unpacked release) what lies in the source folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for room in ("src", "tests", "data") for path in (ROOT / room).rglob("*")]
    found = [path for path in found if path.is_file() and GOLDEN not in path.parents]
    return [path for path in found if path.suffix in KINDS or path.name in NAMES]


def test_every_source_names_its_licence() -> None:
    paths = sources()
    if not paths:
        pytest.fail("found no source file: this test looks in the wrong place")
    silent = [
        str(path.relative_to(ROOT))
        for path in paths
        if not any(LINE in line for line in path.read_text("utf-8").splitlines()[:FIRST_LINES])
    ]
    assert not silent
