# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench inspect`: what is in a file, byte for byte. It judges nothing."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.files import read_file

from .output import as_json, inert, out, out_as_drawn

if TYPE_CHECKING:
    from rprocbench.base.layout import Leaf
    from rprocbench.formats.elf_rows import Rows

SHOWN = 16  # bytes of a long value
WIDEST = 53  # characters of a path that the columns after it make room for


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
    if not args.json:
        out_as_drawn(listing(str(args.image), data))
        return 0
    described = describe_file(data, "image")
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


def listing(name: str, data: bytes) -> str:
    """What is in a file, a line for each leaf; nothing in it steers a terminal."""
    from rprocbench.formats.describe import outline_file
    from rprocbench.formats.elf_rows import Rows

    outline = outline_file(data, "image", filled=False)
    paths = (
        len(part.path) + (longest_suffix(part) if isinstance(part, Rows) else 0)
        for part in outline.parts
    )
    column = min(max(paths, default=0), WIDEST)
    lines = [inert(f"{name}: {outline.kind}, {len(data)} bytes")]
    for part in outline.parts:
        if isinstance(part, Rows):
            lines += table_lines(part, column)
        else:
            start, end, value = part.span.start, part.span.end, value_text(part, data)
            line = f"{start:08x}  {end - start:>7}  {part.path:<{column}}  {value:<20}  {part.doc}"
            lines.append(inert(line.rstrip()))
    lines += [inert(f"finding: {finding}") for finding in outline.findings]
    return "\n".join(lines)


def longest_suffix(rows: "Rows") -> int:
    """How much longer than its own the longest path in a table is."""
    return len(f"[{len(rows) - 1}].") + max(map(len, rows.kind.FIELDS))


def table_lines(rows: "Rows", column: int) -> list[str]:
    """A line for each field of each record: one template a record serves all."""
    spans = rows.kind.SPANS
    lines: list[str] = []
    templates: dict[int, str] = {}
    starts = [start for start, _ in spans.values()]
    at = rows.span.start
    for index, values in enumerate(rows.values()):
        digits = len(str(index))
        template = templates.get(digits)
        if template is None:
            template = templates[digits] = record_template(rows, digits, column)
        told: list[object] = []
        for start, value in zip(starts, values, strict=True):
            told += (at + start, index, value)
        lines.append(template % tuple(told))
        at += rows.kind.SIZE
    return lines


def record_template(rows: "Rows", digits: int, column: int) -> str:
    """Lines with places for offset, index and value of each field; indices have `digits`."""
    lines = []
    for name, (start, end) in rows.kind.SPANS.items():
        blanks = " " * (column - len(f"{rows.path}[].{name}") - digits)
        doc = rows.kind.FIELDS[name].doc.replace("%", "%%")
        path = rows.path.replace("%", "%%")
        lines.append(f"%08x  {end - start:>7}  {path}[%d].{name}{blanks}  %-#20x  {doc}")
    return "\n".join(lines)


def leaf_as_data(leaf: "Leaf") -> dict[str, Any]:
    """One leaf for programs: numbers as numbers, bytes in hex."""
    value = leaf.value if isinstance(leaf.value, int) else leaf.value.hex()
    return {
        "path": leaf.path, "start": leaf.span.start, "end": leaf.span.end, "value": value,
        "doc": leaf.doc,
    }  # fmt: skip


def value_text(leaf: "Leaf", data: bytes) -> str:
    """A leaf's value for people: a number in hex, few bytes in hex, many as their beginning."""
    if isinstance(leaf.value, int):
        return f"{leaf.value:#x}"
    start, end = leaf.span.start, leaf.span.end
    if end - start > SHOWN:
        return data[start : start + SHOWN].hex() + "…"
    return data[start:end].hex()
