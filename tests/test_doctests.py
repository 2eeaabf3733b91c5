# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples in the cellar's and the library's docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import rprocbench.base
import rprocbench.formats

ROOMS = (rprocbench.base, rprocbench.formats)


def modules() -> list[str]:
    """Name every module of the rooms whose docstrings hold examples."""
    return [
        found.name
        for room in ROOMS
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")
    ]


@pytest.mark.parametrize("name", modules())
def test_the_examples_are_true(name: str) -> None:
    failed, _tried = doctest.testmod(importlib.import_module(name))
    assert not failed, "see what doctest printed"
