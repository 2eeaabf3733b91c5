# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench inspect`: what is in a file, byte for byte. It judges nothing."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.files import read_file

from .output import as_json, out

if TYPE_CHECKING:
    from rprocbench.base.layout import Leaf

SHOWN = 16  # bytes of a long value


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser("inspect", help="say what is in a file, byte for byte")
    parser.add_argument("image", type=Path, metavar="FILE", help="signed image, ELF, or anything")
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Every byte belongs to one leaf; damage is a finding, never an error."""
    from rprocbench.formats.describe import describe_file

    data = read_file(args.image)
    described = describe_file(data, "image")
    if args.json:
        out(as_json({
            "image": str(args.image),
            "size": len(data),
            "kind": described.kind.value,
            "leaves": [leaf_as_data(leaf) for leaf in described.leaves],
            "findings": [
                {"code": f.code, "text": f.text, "span": str(f.span) if f.span else None}
                for f in described.findings
            ],
        }))  # fmt: skip
        return 0
    out(f"{args.image}: {described.kind}, {len(data)} bytes")
    lines = [
        f"{leaf.span.start:08x}  {len(leaf.span):>7}  {leaf.path}" for leaf in described.leaves
    ]
    column = min(max(map(len, lines)), 72)
    for leaf, line in zip(described.leaves, lines, strict=True):
        out(f"{line:<{column}}  {value_text(leaf):<20}  {leaf.doc}".rstrip())
    for finding in described.findings:
        out(f"finding: {finding}")
    return 0


def leaf_as_data(leaf: "Leaf") -> dict[str, Any]:
    """One leaf for programs: numbers as numbers, bytes in hex."""
    value = leaf.value if isinstance(leaf.value, int) else leaf.value.hex()
    return {
        "path": leaf.path, "start": leaf.span.start, "end": leaf.span.end, "value": value,
        "doc": leaf.doc,
    }  # fmt: skip


def value_text(leaf: "Leaf") -> str:
    """A leaf's value for people: a number in hex, few bytes in hex, many as their beginning."""
    if isinstance(leaf.value, int):
        return f"{leaf.value:#x}"
    text = leaf.value[:SHOWN].hex()
    return text + ("…" if len(leaf.value) > SHOWN else "")
