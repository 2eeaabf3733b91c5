# SPDX-License-Identifier: GPL-2.0-or-later
"""A signature chain as plain data, for JavaScript and for `--json`."""

from collections.abc import Sequence
from typing import Any

from rprocbench.bench.chain import Chain, Link
from rprocbench.bench.chain_edits import Edit
from rprocbench.bench.chain_link import KINDS

from .bytes_view import NOWHERE
from .wording import clean

LONGEST = 400
CHAIN_SCRIPTS = ("chain_images.js", "chain_check.js", "chain_bytes.js", "chain.js")


def begin(text: str, longest: int = LONGEST) -> str:
    """The beginning of a long text."""
    return text if len(text) <= longest else f"{text[:longest]} …"


def chain_traits(view: Chain) -> dict[str, Any]:
    """What the scripts are given at first, in a notebook as on a page."""
    first = view.broken or view.links[0]
    return {
        "image": view.data,
        "chain": pack_chain(view),
        "edits": [],
        "steps": [],
        "link": first.name,
        "offset": -1,
        "span": list(NOWHERE),
        "hover": list(NOWHERE),
    }


def pack_chain(view: Chain) -> dict[str, Any]:
    """`view` as data; what all links of a kind share stands once, under `kinds`."""
    answer = view.answer
    return {
        "name": clean(view.name),
        "size": len(view.data),
        "key": {
            "bits": view.key.bits,
            "exponent": view.key.exponent,
            "modulus": f"{view.key.modulus:x}",
            "fingerprint": view.key.fingerprint,
        },
        "kinds": {
            name: {"rule": kind.rule, "cite": str(kind.cite)} for name, kind in KINDS.items()
        },
        "links": [pack_link(link) for link in view.links],
        "broken": view.broken.name if view.broken else "",
        "verdict": clean(view.verdict),
        "told": clean(view.told),
        "by": "model",
        "answer": {
            "code": answer.code.name,
            "number": int(answer.code),
            "origin": answer.origin.name,
            "why": clean(answer.why),
            "function": answer.function,
            "cite": str(answer.cite) if answer.cite else "",
            "span": [answer.span.start, answer.span.end] if answer.span else [],
            "console": [clean(line) for line in answer.console],
        },
    }


def pack_link(link: Link) -> dict[str, Any]:
    """One link as data."""
    return {
        "kind": link.kind,
        "name": link.name,
        "stage": link.stage.value,
        "title": clean(link.title),
        "spans": [[span.start, span.end] for span in link.spans],
        "formula": link.formula,
        "value": begin(link.value),
        "verdict": link.verdict.value,
        "why": clean(link.why),
        "code": link.code,
        "facts": [[name, begin(said)] for name, said in link.facts],
        "commands": [
            {"line": command.line, "prints": begin(command.prints)} for command in link.commands
        ],
    }


def pack_edits(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """What each change did."""
    return [
        {
            "offset": edit.offset,
            "old": edit.old,
            "new": edit.new,
            "owner": clean(edit.owner),
            "breaks": [clean(title) for title in edit.breaks],
            "answer": edit.after.answer.code.name,
            "unnoticed": edit.is_unnoticed,
        }
        for edit in edits
    ]
