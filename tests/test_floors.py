# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrows point down, also where import-linter is not installed; and both say the same floors."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import rprocbench

ROOT = Path(__file__).parents[1]
PACKAGE = Path(rprocbench.__file__).parent

FLOORS = (
    ("base",),
    ("resources",),
    ("formats",),
    ("soc",),
    ("kernel", "tee", "emulator"),
    ("designs",),
    ("bench",),
    ("verdicts",),
    ("review", "check", "serve", "debug"),
    ("views", "lessons"),
    ("cli",),
)
HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
OUTSIDE = {"__init__", "__main__"}  # the front hall and the bell

# One room for each library; a room of single modules may be named by their paths.
HOMES = {
    "unicorn": "emulator",
    "capstone": "emulator",
    "elftools": "formats",
    "cryptography": "formats.keys formats.st_crypto",
    "IPython": "views",
    "anywidget": "views",
    "ipywidgets": "views",
    "matplotlib": "views",
    "rich": "views",
    "traitlets": "views",
    "dask": "nowhere",
    "distributed": "nowhere",
}


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package: its dotted name below it, and where it is."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts), path


def imported(name: str, path: Path) -> Iterator[str]:
    """Every module that a module names in an import, in full."""
    package = ["rprocbench", *name.split(".")[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*up, *filter(None, [node.module])])
            yield base
            # `from rprocbench import cli` names a room too
            yield from (f"{base}.{alias.name}" for alias in node.names if base == "rprocbench")


def arrows() -> set[tuple[str, str]]:
    """Which room imports from which."""
    return {
        (name.split(".")[0], target.split(".")[1])
        for name, path in modules()
        for target in imported(name, path)
        if target.startswith("rprocbench.")
    }


def test_every_room_has_a_floor() -> None:
    rooms = {name.split(".")[0] for name, _ in modules()}
    assert rooms <= set(HEIGHT) | OUTSIDE


def test_arrows_point_down() -> None:
    up = {
        (source, target)
        for source, target in arrows()
        if source != target and source in HEIGHT and HEIGHT.get(target, -1) >= HEIGHT[source]
    }
    assert up == set()


def test_each_library_has_one_room() -> None:
    strays = {
        (name, library)
        for name, path in modules()
        for library in {target.split(".")[0] for target in imported(name, path)}
        if library in HOMES
        and not f"{name}.".startswith(tuple(f"{home}." for home in HOMES[library].split()))
    }
    assert strays == set()


def test_rooms_are_left_by_absolute_imports() -> None:
    """So that every arrow between floors reads `from rprocbench.<room>`."""
    far = {
        (name, node.module)
        for name, path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level >= len(name.split("."))
    }
    assert far == set()


def test_the_contract_names_the_same_floors() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    named = [{room.strip(" ()") for room in layer.split("|")} for layer in reversed(layers)]
    assert named == [set(rooms) for rooms in FLOORS]
