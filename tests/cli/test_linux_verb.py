# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench linux`: kernels, their differences, their verdicts."""

import json
from collections.abc import Callable
from pathlib import Path

from rprocbench.kernel.version_differences import VERSION_DIFFERENCES
from tests.kernel.images import GOOD, RPMSG, elf

from .conftest import Ran

Call = Callable[..., Ran]


def image(folder: Path, data: bytes) -> Path:
    path = folder / "fw.elf"
    path.write_bytes(data)
    return path


def test_without_an_image_it_lists_kernels_and_differences(call: Call) -> None:
    told = call("linux")
    assert told.status == 0
    assert "Linux 5.10.262" in told.out
    assert "(for its history only)" in told.out
    assert all(row.switch in told.out for row in VERSION_DIFFERENCES)
    data = json.loads(call("linux", "--json").out)
    assert [name for name, each in data["kernels"].items() if each["modelled"]] == [
        "6.1", "6.12", "7.3",
    ]  # fmt: skip
    assert {row["switch"] for row in data["differences"]} == set(data["kernels"]["7.3"]["switches"])


def test_each_kernel_gives_its_verdict(call: Call, tmp_path: Path) -> None:
    told = call("linux", image(tmp_path, elf(RPMSG, shoff=0x7FFF_FFFF)))
    assert told.status == 1
    assert "Linux 6.1 (32 bits): EINVAL at sanity_check: Image is too small" in told.out
    assert "Linux 7.3 (32 bits): EINVAL at sanity_check: Section header table" in told.out


def test_one_kernel_as_data(call: Call, tmp_path: Path) -> None:
    path = image(tmp_path, GOOD.replace(b"cm4_log", b"cm4_%s\0"))
    told = call("linux", path, "--linux", "6.12", "--json")
    assert told.status == 0
    [verdict] = json.loads(told.out)
    assert (verdict["linux"], verdict["result"], verdict["errno"]) == ("6.12", "boot", None)
    assert next(each["name"] for each in verdict["carveouts"]) == "retram"


def test_what_is_undefined_is_a_finding_unless_hardened(call: Call, tmp_path: Path) -> None:
    path = image(tmp_path, elf(RPMSG, phnum=0xFFF0))
    told = call("linux", path, "--linux", "7.3")
    assert (told.status, "undefined at load_segments" in told.out) == (1, True)
    careful = call("linux", path, "--linux", "7.3", "--hardened")
    assert "EINVAL at load_segments" in careful.out


def test_wrong_usage_and_wrong_input(call: Call, tmp_path: Path) -> None:
    assert call("linux", "--linux", "5.10").status == 2
    assert call("linux", tmp_path / "nothing").status == 1
