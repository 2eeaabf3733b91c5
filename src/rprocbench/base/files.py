# SPDX-License-Identifier: GPL-2.0-or-later
"""Files: read with a bound, written whole or not at all, refused in one line."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from .errors import InputCode, InputError

MAX_IMAGE = 64 * 1024 * 1024


def read_file(path: Path, limit: int = MAX_IMAGE, *, empty: bool = False) -> bytes:
    """The bytes of `path`, at most `limit` of them; at least one unless `empty` is fine.

    Raises `InputError`: NOT_FOUND, IS_A_DIRECTORY, NOT_READABLE, TOO_LARGE or EMPTY.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise InputError(InputCode.NOT_FOUND, f"there is no file {str(path)!r}") from None
    except IsADirectoryError:
        raise InputError(InputCode.IS_A_DIRECTORY, f"{str(path)!r} is a directory") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(InputCode.NOT_READABLE, f"{str(path)!r} cannot be read: {why}") from None
    if len(data) > limit:
        raise InputError(InputCode.TOO_LARGE, f"{str(path)!r} has more than {limit} bytes")
    if not data and not empty:
        raise InputError(InputCode.EMPTY, f"{str(path)!r} is empty")
    return data


def write_file(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Put `data` at `path`: what was there stays until all of it is on disk.

    Raises `InputError` NOT_WRITABLE or IS_A_DIRECTORY.
    """
    if path.is_dir():
        raise InputError(InputCode.IS_A_DIRECTORY, f"{str(path)!r} is a directory")
    try:
        if path.exists() and not path.is_file():  # a pipe or a device cannot be replaced
            path.write_bytes(data)
            return
        target = path.resolve()  # a link keeps pointing at the file that it names
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            old = target.stat().st_mode & 0o777 if target.exists() else mode & ~_umask()
            Path(name).chmod(old)
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            InputCode.NOT_WRITABLE, f"{str(path)!r} cannot be written: {why}"
        ) from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
