# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the kernel leaves defined behaviour: a crash that says why; a hardened kernel does not."""

import gzip
import json
from pathlib import Path

import pytest

from rprocbench.base.errors import Crash, ModelledError
from rprocbench.kernel.remoteproc import Rproc
from rprocbench.kernel.versions import kernel_called
from rprocbench.verdicts.linux import fw_load
from rprocbench.verdicts.linux_machine import LinuxMachine
from rprocbench.verdicts.linux_recorded import EMULATED, RECORDED_BOARD

from .undefined_rows import ROWS, Undefined

VECTORS = Path(__file__).parents[1] / "vectors/kernel/verdicts.jsonl.gz"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_it_is_a_crash_that_says_why(row: Undefined) -> None:
    if row.survived:
        rproc = row.provoke(False)
        assert isinstance(rproc, Rproc)
        assert [why for why in rproc.host.survived if row.says in why]
        return
    with pytest.raises(Crash) as caught:
        row.provoke(False)
    assert row.says in caught.value.why


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_hardened_kernel_does_what_a_careful_one_would(row: Undefined) -> None:
    if row.careful is None:
        result = row.provoke(True)
        assert not isinstance(result, Rproc) or not result.host.survived
        return
    with pytest.raises(ModelledError) as caught:
        row.provoke(True)
    assert caught.value.code == row.careful


@pytest.mark.parametrize(("linux", "bits"), [("6.1", 32), ("6.12", 32), ("7.3", 64)])
def test_no_recorded_image_harms_a_hardened_kernel(linux: str, bits: int) -> None:
    unsafe = 0
    with gzip.open(VECTORS, "rt") as lines:
        for number, line in enumerate(lines):
            case = json.loads(line)
            if "oracle_unsafe" in case or number % 29 == 0:
                machine = LinuxMachine(
                    RECORDED_BOARD, kernel_called(linux), bits, hardened=True, patches=EMULATED
                )
                verdict = fw_load(machine, bytes.fromhex(case["image"]))
                assert verdict.undefined is None, case["id"]
                unsafe += "oracle_unsafe" in case
    assert unsafe > 500
