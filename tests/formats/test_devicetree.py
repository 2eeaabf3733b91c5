# SPDX-License-Identifier: GPL-2.0-or-later
"""Device trees: values as they are meant, errors that say where, and nothing that hurts."""

import importlib
import pickle
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.errors import InputCode, InputError
from rprocbench.formats.devicetree import MAX_SIZE, DeviceTree
from rprocbench.formats.devicetree_node import DeviceTreeError, Node

from .dts import compiled, needs_dtc, source

pytestmark = needs_dtc

SMALL = """/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    model = "one", "two";
    bus@1 {
        #address-cells = <1>;
        #size-cells = <0>;
        status = "disabled";
        leaf@5 {
            reg = <5>;
            odd = [01 02 03];
            big = <0x1 0x2 0x3>;
            flag;
            text = "no", "end";
            bad-text = [61 62];
            no-utf8 = [ff fe 00];
        };
    };
    target: mem@100000000 {
        #ref-cells = <1>;
        reg = <0x1 0x0 0x0 0x1000>;
        status = "ok";
    };
    user {
        refs = <&target 7>, <&target 8>;
        short = <&target>;
        lost = <0x99 1>;
        plain = <&other>;
    };
    other: other { };
};
"""


@pytest.fixture(scope="module")
def tree() -> DeviceTree:
    return DeviceTree.parse(compiled(SMALL), "small.dtb")


def node(tree: DeviceTree, path: str) -> Node:
    found = tree.find(path)
    assert found is not None
    return found


def test_nodes_and_values(tree: DeviceTree) -> None:
    assert [each.path for each in tree.nodes] == [
        "/", "/bus@1", "/bus@1/leaf@5", "/mem@100000000", "/user", "/other",
    ]  # fmt: skip
    leaf = node(tree, "/bus/leaf")
    assert leaf.reg() == [(5, 0)]
    assert leaf.cells("big") == [1, 2, 3]
    assert leaf.strings("text") == ["no", "end"]
    assert leaf.strings("nothing") == []
    assert "flag" in leaf.props
    assert tree.root.strings("model") == ["one", "two"]
    assert node(tree, "/mem").reg() == [(1 << 32, 0x1000)]
    assert tree.find("/mem/nothing") is None


def test_a_node_is_out_when_something_above_it_is(tree: DeviceTree) -> None:
    leaf, memory = node(tree, "/bus@1/leaf@5"), node(tree, "/mem@100000000")
    assert leaf.status == "okay"
    assert not leaf.is_enabled
    assert leaf.disabled_by is node(tree, "/bus@1")
    assert memory.is_enabled


def test_references(tree: DeviceTree) -> None:
    found = node(tree, "/user").targets("refs", "#ref-cells")
    assert [(each.path, cells) for each, cells in found] == [
        ("/mem@100000000", [7]), ("/mem@100000000", [8]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "read", "prop"),
    [
        ("/bus@1/leaf@5", lambda n: n.cells("odd"), "odd"),
        ("/bus@1/leaf@5", lambda n: n.cells("absent"), "absent"),
        ("/bus@1/leaf@5", lambda n: n.u32("big", 0), "big"),
        ("/bus@1/leaf@5", lambda n: n.rows("big", 1, 1), "big"),
        ("/bus@1/leaf@5", lambda n: n.strings("bad-text"), "bad-text"),
        ("/bus@1/leaf@5", lambda n: n.strings("no-utf8"), "no-utf8"),
        ("/user", lambda n: n.targets("short", "#ref-cells"), "short"),
        ("/user", lambda n: n.targets("lost", "#ref-cells"), "lost"),
        ("/other", lambda n: n.reg(), "reg"),
    ],
)
def test_errors_name_node_and_property(
    tree: DeviceTree, path: str, read: Callable[[Node], object], prop: str
) -> None:
    with pytest.raises(DeviceTreeError) as caught:
        read(node(tree, path))
    assert (caught.value.node, caught.value.prop) == (path, prop)
    assert path in str(caught.value)
    assert prop in str(caught.value)
    assert "small.dtb" in str(caught.value)


def test_an_error_survives_a_trip_to_another_process(tree: DeviceTree) -> None:
    error = node(tree, "/user").wrong("refs", "is odd")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert (again.node, again.prop, str(again)) == ("/user", "refs", str(error))


def test_a_node_that_is_referred_to_lacks_its_count(tree: DeviceTree) -> None:
    with pytest.raises(DeviceTreeError) as caught:
        node(tree, "/user").targets("plain", "#ref-cells")
    assert (caught.value.node, caught.value.prop) == ("/other", "#ref-cells")


OVERLAY = """/dts-v1/; /plugin/;
/ { fragment@0 { target-path = "/ahb"; __overlay__ { m4@10000000 { status = "okay"; }; }; }; };
"""


def test_an_overlay_says_what_it_would_change() -> None:
    with pytest.raises(DeviceTreeError) as caught:
        DeviceTree.parse(compiled(OVERLAY, "-@"), "m4.dtbo")
    error = caught.value
    assert (error.code, error.node, error.prop) == (
        InputCode.UNSUPPORTED, "/fragment@0", "target-path",
    )  # fmt: skip
    assert "fdtoverlay" in str(error)


def test_a_source_is_told_from_a_binary() -> None:
    with pytest.raises(DeviceTreeError, match="dtc -O dtb"):
        DeviceTree.parse(SMALL.encode(), "small.dts")


def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(InputError) as caught:
        DeviceTree.parse(compiled(SMALL).ljust(MAX_SIZE + 1, b"\0"))
    assert caught.value.code is InputCode.TOO_LARGE


def test_without_the_library_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libfdt", None)
    with pytest.raises(InputError, match=r"rprocbench\[dtb\]") as caught:
        DeviceTree.parse(b"")
    assert caught.value.code is InputCode.UNSUPPORTED
    assert importlib.import_module("rprocbench.soc.boards").BOARDS  # all else works


def refused_or_read(data: bytes) -> None:
    """A tree, or an error of our own: nothing else comes out."""
    try:
        tree = DeviceTree.parse(data, "fuzz")
    except InputError:
        return
    for each in tree.nodes:
        assert each.path.startswith("/")


@pytest.mark.parametrize("length", [0, 1, 4, 39, 40, 41, 56, 200, 1000])
def test_a_cut_file_is_refused(length: int) -> None:
    with pytest.raises(DeviceTreeError) as caught:
        DeviceTree.parse(compiled(source("stm32mp157c-dk2"))[:length])
    assert caught.value.code is InputCode.BAD_FILE


def test_a_header_that_tells_more_than_there_is_is_refused() -> None:
    data = bytearray(compiled(SMALL))
    data[4:8] = (1 << 30).to_bytes(4, "big")
    with pytest.raises(DeviceTreeError, match="TRUNCATED"):
        DeviceTree.parse(bytes(data))


@given(st.binary(max_size=300))
def test_random_bytes_never_hurt(data: bytes) -> None:
    refused_or_read(data)
    refused_or_read(b"\xd0\x0d\xfe\xed" + data)


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8),
    st.integers(0, 4000),
)
def test_damaged_trees_never_hurt(damage: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(compiled_board())
    for at, value in damage:
        data[at % len(data)] = value
    refused_or_read(bytes(data))
    refused_or_read(bytes(data[:cut]))


def compiled_board(known: list[bytes] = []) -> bytes:  # noqa: B006  compiled once
    if not known:
        known.append(compiled(source("stm32mp157c-dk2")))
    return known[0]


@given(st.integers(1, 400))
def test_deep_trees_are_read(depth: int) -> None:
    text = "/dts-v1/; / {" + "n {" * depth + "};" * depth + "};"
    tree = DeviceTree.parse(compiled(text))
    assert len(tree.nodes) == depth + 1
    assert tree.nodes[-1].path == "/n" * depth
