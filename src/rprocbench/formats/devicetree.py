# SPDX-License-Identifier: GPL-2.0-or-later
"""A compiled device tree (.dtb) as nodes and properties. The only import of libfdt.

libfdt checks the whole file before anything is read from it, so what is here deals with a tree that
is sound, and only with values that may be wrong. (Devicetree specification v0.4.)
"""

from collections.abc import Iterator
from typing import Any

from rprocbench.base.errors import InputCode, InputError

from .devicetree_node import CELL, DeviceTreeError, Node

MAX_SIZE = 8 * 1024 * 1024
HEADER = 40  # bytes of a version 17 header


class DeviceTree:
    """The nodes of one file, `name` in messages."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[Node] = []
        self.phandles: dict[int, Node] = {}

    @classmethod
    def parse(cls, data: bytes, name: str = "device tree") -> "DeviceTree":
        """Read a .dtb.

        Raises `InputError`: UNSUPPORTED without pylibfdt, TOO_LARGE; and `DeviceTreeError` BAD_FILE
        for what is no sound device tree, UNSUPPORTED for an overlay and for source text.
        """
        libfdt = load_libfdt()
        if len(data) > MAX_SIZE:
            raise InputError(InputCode.TOO_LARGE, f"{name} has more than {MAX_SIZE} bytes")
        if data.lstrip()[:9] == b"/dts-v1/;":
            why = f"{name} is the source of a device tree: compile it with dtc -O dtb"
            raise DeviceTreeError(InputCode.UNSUPPORTED, why)
        tree = cls(name)
        try:
            tree._read(Blob(libfdt, data))
        except (libfdt.FdtException, UnicodeError, SystemError) as error:
            why = f"{name} is no sound device tree: {reason(libfdt, error)}"
            raise DeviceTreeError(InputCode.BAD_FILE, why) from None
        tree._refuse_overlay()
        return tree

    @property
    def root(self) -> Node:
        """The node `/`."""
        return self.nodes[0]

    def by_phandle(self, phandle: int) -> Node | None:
        """The node that calls itself so, or None."""
        return self.phandles.get(phandle)

    def find(self, path: str) -> Node | None:
        """The node at `path`; a name without a unit address finds the first that begins so."""
        node: Node | None = self.root
        for name in filter(None, path.split("/")):
            children = node.children if node else []
            exact = (child for child in children if child.name == name)
            begun = (child for child in children if child.name.split("@", 1)[0] == name)
            node = next(exact, None) or next(begun, None)
        return node

    def compatible(self, *names: str) -> list[Node]:
        """The nodes that say they are one of these, in the order of the file."""
        wanted = {name.encode() for name in names}
        return [n for n in self.nodes if wanted & set(n.props.get("compatible", b"").split(b"\0"))]

    def _read(self, blob: "Blob") -> None:
        above: list[Node] = []
        for offset, depth, name in blob.nodes():
            del above[depth:]
            node = Node(self, name, above[-1] if above else None)
            for prop, value in blob.properties(offset):
                node.props.setdefault(prop, value)
            if node.parent:
                node.parent.children.append(node)
            above.append(node)
            self.nodes.append(node)
            for prop in ("phandle", "linux,phandle"):
                if len(node.props.get(prop, b"")) == CELL:
                    number = int.from_bytes(node.props[prop], "big")
                    self.phandles.setdefault(number, node)

    def _refuse_overlay(self) -> None:
        for node in self.nodes:
            if node.name == "__overlay__" and node.parent:
                prop = next((p for p in ("target", "target-path") if p in node.parent.props), "")
                why = (
                    f"{self.name} is an overlay: {node.path}"
                    + (f", property {prop} of {node.parent.path}, change" if prop else " changes")
                    + " another tree; apply it first (fdtoverlay -i BASE.dtb -o OUT.dtb THIS)"
                )
                raise DeviceTreeError(
                    InputCode.UNSUPPORTED, why, node=node.parent.path, prop=prop
                )  # fmt: skip


def load_libfdt() -> Any:
    """The library. Raises `InputError` UNSUPPORTED where it is not installed."""
    try:
        import libfdt  # noqa: PLC0415  an extra: only who reads a device tree needs it
    except ImportError:
        why = "device trees need pylibfdt, which is not installed: pip install 'rprocbench[dtb]'"
        raise InputError(InputCode.UNSUPPORTED, why) from None
    return libfdt


class Blob:
    """A file that libfdt has found sound, and what it says is in it."""

    def __init__(self, libfdt: Any, data: bytes) -> None:
        """Let libfdt check all of it. Raises its exception.

        It trusts the size that the header tells, so that is compared with what there is first.
        """
        self.libfdt = libfdt
        self.data = bytearray(data)
        if len(data) < HEADER:
            raise libfdt.FdtException(-libfdt.FDT_ERR_TRUNCATED)
        libfdt.check_err(libfdt.fdt_check_header(self.data))
        if libfdt.fdt_totalsize(self.data) > len(data):
            raise libfdt.FdtException(-libfdt.FDT_ERR_TRUNCATED)
        libfdt.check_err(libfdt.fdt_check_full(self.data, len(data)))

    def nodes(self) -> Iterator[tuple[int, int, str]]:
        """Offset, depth and name of every node, in the order of the file."""
        offset, depth = 0, 0
        while offset >= 0 and depth >= 0:
            name = self.libfdt.check_err_null(self.libfdt.fdt_get_name(self.data, offset))[0]
            yield offset, depth, name
            offset, depth = self.libfdt.fdt_next_node(self.data, offset, depth)

    def properties(self, node: int) -> Iterator[tuple[str, bytes]]:
        """The properties of the node at an offset."""
        at = self.libfdt.fdt_first_property_offset(self.data, node)
        while at >= 0:
            found = self.libfdt.fdt_get_property_by_offset(self.data, at)
            name, value = self.libfdt.check_err_null(found)[:2]
            yield name, bytes(value)
            at = self.libfdt.fdt_next_property_offset(self.data, at)


def reason(libfdt: Any, error: Exception) -> str:
    """What libfdt says was wrong, in a phrase."""
    if isinstance(error, libfdt.FdtException):
        return str(libfdt.fdt_strerror(error.err))
    return "a name in it is no UTF-8"  # the binding turns that into a SystemError
