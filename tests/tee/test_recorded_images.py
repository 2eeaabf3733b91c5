# SPDX-License-Identifier: GPL-2.0-or-later
"""What the real TA did with bad images, the model does: same result, same PTA calls, same table."""

import json
from typing import Any

import pytest

from rprocbench.base.errors import TeeResult

from .machine import GOOD, Machine, vector

NEGATIVE = json.loads(vector("negative.json.gz"))
FUZZ = json.loads(vector("fuzz.json.gz"))["cases"]
BASES = {"A": GOOD, "M": vector("multi_rsa2048.sig")}
LOST = {"sign_len_wrap_fffffff9"}  # the harness lost its trace together with the TA


def outcome(machine: Machine, image: bytes, offset: int = 0) -> tuple[str, list[str], list[int]]:
    machine.open()
    machine.pta_calls()
    result = machine.load(image, offset=offset)
    calls = machine.pta_calls()
    _, table = machine.get_rsc()
    return result.ret.name, calls, table


def table_of(record: dict[str, Any]) -> list[int]:
    return [int(value, 16) for value in record.get("rsc_table", {}).values()] or [0] * 4


@pytest.mark.parametrize("record", NEGATIVE, ids=[record["name"] for record in NEGATIVE])
def test_negative_images(record: dict[str, Any]) -> None:
    image = bytes.fromhex(record["image"])
    got = outcome(Machine(), image, record["buffer_align_offset"])
    calls = got[1] if record["name"] in LOST else record["pta_calls"]
    assert got == (record["result"], calls, table_of(record))


def test_fuzz() -> None:
    differ = []
    for index, case in enumerate(FUZZ):
        image = bytearray(BASES[case["base"]])
        for offset, data in case["edits"]:
            image[offset : offset + len(data) // 2] = bytes.fromhex(data)
        result, calls, table = outcome(Machine(shm_granule=1), bytes(image))
        allowed = {case["result"], *case.get("layout_dependent", ())}
        if result not in allowed or calls != case["pta"] or table != case.get("rsc", [0] * 4):
            differ.append((index, result, calls, table))
    assert not differ


def test_fuzz_differs_from_the_recorded_layout_only_where_the_layout_decides() -> None:
    loose = [case for case in FUZZ if "layout_dependent" in case]
    assert len(FUZZ) == 1000
    assert len(loose) == 3


def test_an_error_names_the_byte_to_blame() -> None:
    image = bytearray(GOOD)
    image[4] = 2
    machine = Machine()
    machine.open()
    result = machine.load(image)
    assert result.ret is TeeResult.BAD_PARAMETERS
    failed = [e for e in machine.run.trace if getattr(e, "code", "") == "BAD_PARAMETERS"]
    assert failed[0].function == "remoteproc_verify_header"  # type: ignore[union-attr]
    assert str(failed[0].span) == "image[0x4:0x8]"  # type: ignore[union-attr]
