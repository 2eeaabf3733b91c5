# SPDX-License-Identifier: GPL-2.0-or-later
"""A module that grows past a few pages is two modules."""

from pathlib import Path

import rprocbench

PACKAGE = Path(rprocbench.__file__).parent
MOST_LINES = 400


def test_no_module_is_too_long() -> None:
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text("utf-8").splitlines())
        for kind in ("*.py", "*.js", "*.css")
        for path in PACKAGE.rglob(kind)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
