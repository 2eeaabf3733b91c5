# SPDX-License-Identifier: GPL-2.0-or-later
"""The bytes in the table are what an assembler makes of its text."""

import os
import shutil

import pytest

from tests.emulator.thumb import ASSEMBLER, OBJCOPY, assemble, table


def test_the_table_is_what_the_assembler_says() -> None:
    if not (shutil.which(ASSEMBLER) and shutil.which(OBJCOPY)):
        if os.environ.get("RPROCBENCH_REQUIRE_TOOLS") == "1":
            pytest.fail(f"{ASSEMBLER} is not installed")
        pytest.skip(f"{ASSEMBLER} is not installed")
    assert {text: assemble(text).hex() for text in table()} == table()
