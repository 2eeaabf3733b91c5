# SPDX-License-Identifier: GPL-2.0-or-later
"""The golden records as a user has them: a directory, with what they need beside them."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.tee.machine import vector

VECTORS = Path(__file__).parents[1] / "vectors" / "tee"
NAMES = {
    "negative.json.gz": "negative/verdicts.json",
    "fuzz.json.gz": "fuzz.json",
    "scenarios.json": "scenarios.json",
    "verdicts.jsonl.gz": "verdicts.jsonl",
}
NEEDED = ("gen_corpus.py",)
SIGNED = ("m4_rsc_rsa2048.sig", "m4_keyinfo_rsa2048.sig", "multi_rsa2048.sig")


@cache
def negative() -> list[dict[str, Any]]:
    """The malformed images, each with its bytes in hex under `image`."""
    held: list[dict[str, Any]] = json.loads(vector("negative.json.gz"))
    return held


@cache
def scripts() -> list[dict[str, Any]]:
    """The scripts over built images."""
    return [json.loads(line) for line in vector("verdicts.jsonl.gz").splitlines()]


def golden(folder: Path) -> Path:
    """The layout of the recordings in `folder`, without record files."""
    tee = folder / "tee"
    (tee / "signed").mkdir(parents=True)
    (tee / "keys").mkdir()
    (tee / "negative").mkdir()
    for name in SIGNED:
        (tee / "signed" / name).write_bytes(vector(name))
    (tee / "keys" / "rsa2048.pem").write_bytes(vector("rsa2048.pem"))
    (folder / "gen_corpus.py").write_bytes((VECTORS / "gen_corpus.py").read_bytes())
    for record in negative():
        (tee / "negative" / record["file"]).write_bytes(bytes.fromhex(record["image"]))
    return tee


def put(path: Path, held: Any, *, packed: bool = False) -> Path:
    """Write a record file: JSON, or a line for each case of a `.jsonl`."""
    lines = path.name.endswith(".jsonl")
    text = "\n".join(map(json.dumps, held)) + "\n" if lines else json.dumps(held)
    path.parent.mkdir(parents=True, exist_ok=True)
    if packed:
        path = path.with_name(path.name + ".gz")
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path
