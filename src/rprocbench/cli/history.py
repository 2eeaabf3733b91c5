# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench history`: the history of OP-TEE's TA, and what it means for given images."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.files import read_file

from .designs import paragraph
from .options import add_key_option, board_of, key_of
from .output import as_json, out

if TYPE_CHECKING:
    from rprocbench.tee.changes import Change


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    from .options import add_board_options

    parser = verbs.add_parser(
        "history", help="what changed in the TA, from generation to generation",
        description="Without images: every generation that --ta knows, and every commit between "
        "them. With images: for which of them a commit changed what LOAD_FW answers, and what each "
        "generation answers. --weaknesses: which known weakness `hardened` closes, and how.",
    )  # fmt: skip
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="signed images")
    add_key_option(parser)
    add_board_options(parser)
    parser.add_argument("--weaknesses", action="store_true", help="the weaknesses instead")
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """List, or ask every generation."""
    from rprocbench.tee.changes import changes

    if args.weaknesses:
        found = weaknesses()
        out(as_json(found) if args.json else weakness_lines(found))
        return 0
    images = {str(path): read_file(path) for path in args.images}
    key = key_of(args) if images else None
    history = changes(images, key, board_of(args))
    answers = answers_of(images, key, board_of(args)) if images else {}
    if args.json:
        out(as_json({"generations": listed(), "changes": [as_data(each) for each in history],
                     "answers": answers}))  # fmt: skip
    else:
        out(text(history, answers))
    return 0


def listed() -> dict[str, str]:
    """Every generation's name and title."""
    from rprocbench.tee import GENERATIONS

    return {name: each.title for name, each in GENERATIONS.items()}


def answers_of(images: dict[str, bytes], key: Any, board: Any) -> dict[str, dict[str, str]]:
    """What each generation answers to each image."""
    from rprocbench.tee.changes import said
    from rprocbench.tee.quick import QuickTa

    found: dict[str, dict[str, str]] = {name: {} for name in images}
    for generation in listed():
        ta = QuickTa(key, board, generation)
        for name, image in images.items():
            answer = ta.load(image)
            found[name][generation] = said(answer.result.name, answer.why)
    return found


def as_data(change: "Change") -> dict[str, Any]:
    """One change for programs."""
    commit = change.commit
    return {
        "older": change.older, "newer": change.newer, "commit": commit.sha, "date": commit.date,
        "effect": commit.effect, "switches": list(commit.switches),
        "images": {name: list(pair) for name, pair in change.images.items()},
    }  # fmt: skip


def text(history: "tuple[Change, ...]", answers: dict[str, dict[str, str]]) -> str:
    """All of it for people."""
    lines = [f"{name:9} {title}" for name, title in listed().items()]
    pair = None
    for change in history:
        if pair != (change.older, change.newer):
            pair = change.older, change.newer
            lines += ["", f"== {change.older} -> {change.newer}"]
        commit = change.commit
        lines.append(paragraph(commit.effect, "     ", f"  {commit.date} {commit.sha}: "))
        for name, (before, after) in change.images.items():
            lines += [f"     {name}", f"       before  {before}", f"       after   {after}"]
    for name, said in answers.items():
        lines += ["", f"== {name}", *(f"  {each:9} {answer}" for each, answer in said.items())]
    return "\n".join(lines)


def weaknesses() -> dict[str, dict[str, str]]:
    """Each weakness: closed by which switch, or why not."""
    from rprocbench.tee.weaknesses import CLOSED, NOT_VULNERABLE, OPEN

    return {"closed": CLOSED, "open": OPEN, "not vulnerable": NOT_VULNERABLE}


def weakness_lines(found: dict[str, dict[str, str]]) -> str:
    """The weaknesses for people."""
    titles = {"closed": "Closed in hardened, by the switch", "open": "Open",
              "not vulnerable": "No weakness of head"}  # fmt: skip
    lines: list[str] = []
    for kind, rows in found.items():
        lines += ["", f"== {titles[kind]}"]
        lines += [paragraph(reason, "        ", f"  {name}  ") for name, reason in rows.items()]
    return "\n".join(lines[1:])
