# SPDX-License-Identifier: GPL-2.0-or-later
"""A node of a device tree, and its properties as numbers, strings and references."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rprocbench.base.errors import InputCode, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .devicetree import DeviceTree

CELL = 4


class DeviceTreeError(InputError):
    """A device tree that cannot be used: `node` is a path in it, `prop` the property, if one is."""

    def __init__(self, code: InputCode, why: str = "", *, node: str = "", prop: str = "") -> None:
        super().__init__(code, why)
        self.node = node
        self.prop = prop

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.code, self.why), {"node": self.node, "prop": self.prop})


@dataclass(eq=False)
class Node:
    """One node. `props` are raw bytes; what reads them says what is wrong, and where."""

    tree: "DeviceTree" = field(repr=False)
    name: str
    parent: "Node | None" = field(default=None, repr=False)
    props: dict[str, bytes] = field(default_factory=dict, repr=False)
    children: "list[Node]" = field(default_factory=list, repr=False)

    @property
    def path(self) -> str:
        """Where it is, from `/`."""
        names = [node.name for node in self.line()][:-1]
        return "/" + "/".join(reversed(names))

    def line(self) -> "Iterator[Node]":
        """This node, its parent, and so on up to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    @property
    def is_enabled(self) -> bool:
        """Whether neither it nor anything above it is disabled."""
        return self.disabled_by is None

    @property
    def disabled_by(self) -> "Node | None":
        """The node whose `status` keeps this one out, or None."""
        return next((node for node in self.line() if node.status not in ("okay", "ok")), None)

    @property
    def status(self) -> str:
        """Its own `status`: okay when nothing else is said."""
        return self.props.get("status", b"okay\0").rstrip(b"\0").decode("utf-8", "replace")

    def wrong(self, prop: str, why: str) -> DeviceTreeError:
        """The error that this node's property is not as it must be."""
        text = f"{self.tree.name}: {self.path}: property {prop} {why}"
        return DeviceTreeError(InputCode.BAD_VALUE, text, node=self.path, prop=prop)

    def raw(self, prop: str) -> bytes:
        """The bytes of a property. Raises `DeviceTreeError` if there is none."""
        if prop not in self.props:
            raise self.wrong(prop, "is missing")
        return self.props[prop]

    def cells(self, prop: str) -> list[int]:
        """A property as 32-bit numbers. Raises `DeviceTreeError` if it is none."""
        data = self.raw(prop)
        if len(data) % CELL:
            raise self.wrong(prop, f"has {len(data)} bytes, which are no whole cells")
        return [int.from_bytes(data[at : at + CELL], "big") for at in range(0, len(data), CELL)]

    def u32(self, prop: str, default: int) -> int:
        """A property of one cell; `default` if there is none. Raises `DeviceTreeError`."""
        if prop not in self.props:
            return default
        cells = self.cells(prop)
        if len(cells) != 1:
            raise self.wrong(prop, f"has {len(cells)} cells, not one")
        return cells[0]

    def strings(self, prop: str) -> list[str]:
        """A property as a list of strings; empty if there is none. Raises `DeviceTreeError`."""
        data = self.props.get(prop)
        if data is None:
            return []
        if not data.endswith(b"\0"):
            raise self.wrong(prop, "is no list of strings")
        try:
            return data[:-1].decode().split("\0")
        except UnicodeDecodeError:
            raise self.wrong(prop, "is no list of strings") from None

    def rows(self, prop: str, *widths: int) -> list[tuple[int, ...]]:
        """A property as rows of numbers, each of so many cells. Raises `DeviceTreeError`."""
        cells, row = self.cells(prop), sum(widths)
        if not row or len(cells) % row:
            raise self.wrong(prop, f"has {len(cells)} cells, which are no rows of {row}")
        found = []
        for start in range(0, len(cells), row):
            at, numbers = start, []
            for width in widths:
                numbers.append(number_of(cells[at : at + width]))
                at += width
            found.append(tuple(numbers))
        return found

    def width(self, prop: str, default: int) -> int:
        """`#address-cells` or `#size-cells` of this node. Raises `DeviceTreeError` above two."""
        cells = self.u32(prop, default)
        if cells > 2:
            raise self.wrong(prop, f"is {cells}: at most two are understood")
        return cells

    def reg(self) -> list[tuple[int, int]]:
        """`reg`: addresses and sizes, by the cells that its parent declares."""
        parent = self.parent or self
        address, size = parent.width("#address-cells", 2), parent.width("#size-cells", 1)
        rows = self.rows("reg", address, size)
        return [(row[0], row[1]) for row in rows]

    def targets(self, prop: str, cells: str) -> "list[tuple[Node, list[int]]]":
        """A list of phandles, each with the arguments that its node's property `cells` counts.

        Raises `DeviceTreeError` for a phandle of no node, and for a list that ends too early.
        """
        numbers, found = self.cells(prop), []
        while numbers:
            node = self.tree.by_phandle(numbers[0])
            if node is None:
                raise self.wrong(prop, f"points to phandle {numbers[0]:#x}, which no node has")
            count = node.u32(cells, -1)
            if count < 0:
                raise node.wrong(cells, f"is missing, and {self.path} points to it in {prop}")
            if len(numbers) < 1 + count:
                raise self.wrong(prop, f"ends within the arguments of {node.path}")
            found.append((node, numbers[1 : 1 + count]))
            numbers = numbers[1 + count :]
        return found


def number_of(cells: list[int]) -> int:
    """Cells, the most significant first, as one number."""
    number = 0
    for cell in cells:
        number = number << 32 | cell
    return number
