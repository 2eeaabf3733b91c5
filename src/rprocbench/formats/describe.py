# SPDX-License-Identifier: GPL-2.0-or-later
"""Every byte of any file belongs to one named leaf (our zone)."""

from dataclasses import dataclass

from rprocbench.base.errors import InputError, Span
from rprocbench.base.layout import Bytes, Leaf, tile

from .containers import MAGICS, Kind, advice, identify
from .cover import with_values
from .elf import ElfView
from .elf_leaves import elf_leaves, elf_outline
from .elf_rows import Rows
from .finding import Finding
from .signed_image import SignedImage
from .signed_image_leaves import as_narrow, signed_leaves


@dataclass(frozen=True, slots=True)
class Description:
    """What a file is: its kind, its leaves in byte order, what there is to say about it."""

    kind: Kind
    leaves: list[Leaf]
    findings: tuple[Finding, ...]


def describe_file(data: Bytes, buffer: str = "image") -> Description:
    """Describe any file: leaves cover it exactly once, whatever it is and however damaged."""
    data = bytes(data)
    kind = identify(data)
    leaves, findings = _described(data, buffer, kind)
    return Description(kind, with_values(tile(leaves, len(data), buffer), data), findings)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file is, as `Description` says it, but tables of headers are in one piece each."""

    kind: Kind
    parts: list[Leaf | Rows]
    findings: tuple[Finding, ...]


def outline_file(data: Bytes, buffer: str = "image", *, filled: bool = True) -> Outline:
    """Describe any file without a leaf for each field of each header of an ELF file.

    Where the parts of a table are expanded (`Rows.leaves`), they are the leaves of `describe_file`.
    Unless it is `filled`, leaves that hold bytes may be empty: their spans say which they are.
    """
    data = bytes(data)
    kind = identify(data)
    if kind is Kind.ELF:
        try:
            elf = as_narrow(ElfView.parse(data, buffer))
        except InputError:
            pass
        else:
            parts = elf_outline(elf, "elf")
            if not filled:
                return Outline(kind, parts, elf.findings)
            full = iter(with_values([part for part in parts if isinstance(part, Leaf)], data))
            whole = [part if isinstance(part, Rows) else next(full) for part in parts]
            return Outline(kind, whole, elf.findings)
    described = describe_file(data, buffer)
    return Outline(described.kind, list(described.leaves), described.findings)


def describe(data: Bytes, buffer: str = "image") -> list[Leaf]:
    """The leaves of any file, in byte order; they cover it exactly once."""
    return describe_file(data, buffer).leaves


def _described(data: bytes, buffer: str, kind: Kind) -> tuple[list[Leaf], tuple[Finding, ...]]:
    try:
        if kind is Kind.SIGNED:
            image = SignedImage.parse(data, buffer)
            return signed_leaves(image), image.findings
        if kind is Kind.ELF:
            elf = as_narrow(ElfView.parse(data, buffer))
            return elf_leaves(elf, "elf"), elf.findings
    except InputError as error:
        return _raw(data, buffer, kind), (Finding(error.code.name, error.why, error.span),)
    text = f"this is a {kind}" + (f": {advice(kind)}" if advice(kind) else "")
    whole = Span(buffer, 0, len(data))
    return _raw(data, buffer, kind), (Finding("FOREIGN", text, whole),)


def _raw(data: bytes, buffer: str, kind: Kind) -> list[Leaf]:
    start = next((len(m.start) for m in MAGICS if m.kind is kind), 0)
    start = min(start, len(data))
    leaves = [Leaf("magic", Span(buffer, 0, start), b"", f"how a {kind} begins")]
    leaves.append(Leaf("content", Span(buffer, start, len(data)), b"", f"the rest of the {kind}"))
    return [leaf for leaf in leaves if leaf.span]
