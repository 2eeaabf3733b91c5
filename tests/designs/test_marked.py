# SPDX-License-Identifier: GPL-2.0-or-later
"""Every difference between a design's copy and its original is marked."""

from collections.abc import Callable
from typing import Any

import pytest

from rprocbench.base.run import MIRRORED
from rprocbench.designs import DESIGNS
from rprocbench.designs.design import Design
from tests.designs.marked import body, unmarked

ORIGINAL = ["    a(x)", "    b(x)", "    c(x)"]


@pytest.mark.parametrize(
    ("copy", "wrong"),
    [
        (["    a(x)", "    b(x)", "    c(x)"], []),
        (["    a(x)", "    b(x)", "    new(x)  # [v9]", "    c(x)"], []),
        (["    a(x)", "    b(x)", "    new(x)", "    c(x)"], ["    new(x)"]),
        (["    a(x)", "    b(y)  # [v9]", "    c(x)"], []),
        (["    a(x)", "    c(x)"], ["missing: b(x)"]),
        (["    a(x)", "    # [v9] b is gone", "    c(x)"], []),
        (["    a(x)", "    b(x)  # [v8]", "    c(x)"], ["    b(x)  # [v8]"]),
    ],
)
def test_the_lint_finds_what_is_not_marked(copy: list[str], wrong: list[str]) -> None:
    assert unmarked(ORIGINAL, copy, "v9") == wrong


def originals() -> dict[str, Callable[..., Any]]:
    """The kernel's own modelled functions by name."""
    import importlib
    import pkgutil

    import rprocbench.kernel as room

    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(room.__path__):
        loaded = importlib.import_module(f"{room.__name__}.{module.name}")
        found |= {
            name: value
            for name, value in vars(loaded).items()
            if hasattr(value, "cite") and value.__module__ == loaded.__name__
        }
    return found


KERNEL = originals()
COPIES = [
    (design, patch) for design in DESIGNS.values() for patch in design.patches
    if patch.__name__ in KERNEL
]  # fmt: skip


@pytest.mark.parametrize(("design", "patch"), COPIES, ids=lambda x: getattr(x, "name", None))
def test_every_difference_of_a_copy_is_marked(design: Design, patch: Callable[..., Any]) -> None:
    original = KERNEL[patch.__name__]
    assert unmarked(body(original), body(patch), design.name) == []
    assert body(patch) != body(original), "a copy that changes nothing is no patch"


def test_patches_are_modelled_functions() -> None:
    for design in DESIGNS.values():
        names = [patch.__name__ for patch in design.patches]
        assert len(names) == len(set(names))
        assert all(name in MIRRORED for name in names)
