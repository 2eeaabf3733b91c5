# SPDX-License-Identifier: GPL-2.0-or-later
"""Where records find what they speak of: base images, keys, and the program that builds images.

Looked at, in this order: beside the record and one above, the directory asked about and its parent,
the `--bases` directory and its parent; in each the folders that the recordings use.
"""

import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.files import read_file

FOLDERS = ("", "signed", "negative", "keys", "tee", "tee/signed", "tee/negative", "tee/keys")
MAX_UNPACKED = 1 << 30


@dataclass(frozen=True)
class Sources:
    """Directories to look in, and what else the user said: the Linux that records are held against.

    `linux` None is the version that a record was made with.
    """

    roots: tuple[Path, ...] = ()
    linux: str | None = None

    @classmethod
    def of(cls, directory: Path, bases: Path | None = None, linux: str | None = None) -> "Sources":
        """What belongs to `directory`, and to `bases` if there is one."""
        given = [directory] if bases is None else [directory, bases]
        around = [each.absolute() for root in given for each in (root, root.absolute().parent)]
        return cls(tuple(dict.fromkeys(around)), linux)

    def beside(self, record: Path) -> "Sources":
        """The same, but what lies beside `record` comes first."""
        near = record.absolute().parent, record.absolute().parent.parent
        return Sources(tuple(dict.fromkeys((*near, *self.roots))), self.linux)

    def places(self, name: str) -> Iterator[Path]:
        """Where a file called `name` may lie, nearest first."""
        for root in self.roots:
            yield from (root / folder / name for folder in FOLDERS)

    def find(self, *names: str) -> Path | None:
        """The first file that has one of the `names`; earlier names are tried everywhere first."""
        for name in names:
            for place in self.places(name):
                if place.is_file():
                    return place
        return None

    def need(self, *names: str) -> Path:
        """The same. Raises `InputError` NOT_FOUND."""
        found = self.find(*names)
        if found is None:
            where = "it was looked for beside the record, in DIR and --bases, and above them"
            raise InputError(InputCode.NOT_FOUND, f"there is no {' or '.join(names)}: {where}")
        return found

    def corpus(self) -> ModuleType:
        """The records' own `gen_corpus.py`, executed. Raises `InputError`."""
        return load_corpus(self.need("gen_corpus.py"))


@cache
def load_corpus(path: Path) -> ModuleType:
    """Execute a `gen_corpus.py`. It is the records' definition of their images: no other will do.

    Raises `InputError` BAD_FILE if it cannot be executed.
    """
    spec = spec_from_file_location(f"rprocbench_gen_corpus_{abs(hash(path)):x}", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # leave no trace beside it
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  it is the user's program: anything may come out
        why = f"{path} cannot be executed: {type(error).__name__} {error}"
        raise InputError(InputCode.BAD_FILE, why) from None
    finally:
        sys.dont_write_bytecode = writes
    return module


def unpacked(data: bytes, path: Path) -> bytes:
    """`data`, unpacked if `path` ends in `.gz`. Raises `InputError` BAD_FILE or TOO_LARGE."""
    if path.suffix != ".gz":
        return data
    try:
        packed = zlib.decompressobj(wbits=31)
        plain = packed.decompress(data, MAX_UNPACKED)
    except zlib.error as error:
        raise InputError(InputCode.BAD_FILE, f"{path} is no gzip file: {error}") from None
    if not packed.eof:
        code = InputCode.TOO_LARGE if packed.unconsumed_tail else InputCode.BAD_FILE
        raise InputError(code, f"{path} is cut off, or too large unpacked")
    return plain


def read_packed(path: Path) -> bytes:
    """The bytes of a file, unpacked. Raises `InputError`."""
    return unpacked(read_file(path, MAX_UNPACKED), path)
