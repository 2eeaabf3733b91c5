# SPDX-License-Identifier: GPL-2.0-or-later
"""Device trees for tests, compiled with dtc; skipped without it, or without pylibfdt."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rprocbench.resources import resource

MISSING = [
    what
    for what, there in (
        ("dtc (apt install device-tree-compiler)", shutil.which("dtc")),
        ("pylibfdt (pip install 'rprocbench[dtb]')", importlib.util.find_spec("libfdt")),
    )
    if not there
]
needs_dtc = pytest.mark.skipif(
    bool(MISSING) and os.environ.get("RPROCBENCH_REQUIRE_TOOLS") != "1",
    reason=f"without {', '.join(MISSING)}",
)


def source(name: str) -> str:
    """A device tree of `data/boards`."""
    return resource("data", "boards", f"{name}.dts").read_text(encoding="utf-8")


def compiled(text: str, *options: str) -> bytes:
    """What dtc makes of a source."""
    done = subprocess.run(
        ["dtc", "-q", "-O", "dtb", *options], input=text.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def edited(text: str, *edits: tuple[str, str]) -> str:
    """A source with its parts replaced, each of which it must have."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def written(folder: Path, text: str, name: str = "board.dtb") -> Path:
    """A compiled device tree on disk."""
    path = folder / name
    path.write_bytes(compiled(text))
    return path
