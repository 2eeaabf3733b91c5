# SPDX-License-Identifier: GPL-2.0-or-later
"""Shipped files are found in a checkout and in an installed package, and nowhere else."""

from pathlib import Path

import pytest

from rprocbench import resources
from rprocbench.base.errors import InputError
from rprocbench.resources import resource


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the package lies in some site-packages."""
    package = tmp_path / "site-packages" / "rprocbench"
    (package / "data").mkdir(parents=True)
    (package / "data" / "here.txt").write_text("here")
    monkeypatch.setattr(resources, "PACKAGE", package)
    monkeypatch.setattr(resources, "CHECKOUT", tmp_path)
    return package


def test_a_checkout_has_its_firmware() -> None:
    assert resource("data", "firmware", "echo", "echo.elf").read_bytes().startswith(b"\x7fELF")


def test_an_installed_package_has_its_own(installed: Path) -> None:
    assert resource("data", "here.txt") == installed / "data" / "here.txt"


def test_an_installed_package_does_not_look_beside_itself(installed: Path) -> None:
    outside = installed.parents[1]
    (outside / "pyproject.toml").touch()
    (outside / "data").mkdir()
    (outside / "data" / "stray.txt").touch()
    with pytest.raises(InputError, match=r"data/stray\.txt"):
        resource("data", "stray.txt")


@pytest.mark.parametrize("parts", [(), ("src",), ("data", "..", "src")])
def test_only_what_is_shipped_can_be_asked_for(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="does not begin with"):
        resource(*parts)
