# SPDX-License-Identifier: GPL-2.0-or-later
"""The folders that Linux looks for firmware in, below a root of their own."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rprocbench.base.errors import Errno, ModelledError

MAX_IMAGE = 64 * 1024 * 1024
PARAMETER = Path("sys/module/firmware_class/parameters/path")
MOST = 255  # characters of the parameter


class FirmwareFolders(Mapping[str, bytes]):
    """/lib/firmware as `Host.files` has it: each look goes to the disk.

    Looked at in turn: the folder that `firmware_class.path` names, `lib/firmware/updates/RELEASE`,
    `lib/firmware/updates`, `lib/firmware/RELEASE`, `lib/firmware`. A path in the parameter that
    exists below the root is meant so; else it is taken as it stands.
    """

    def __init__(self, root: Path, release: str, found: Callable[[str, bytes], None]) -> None:
        """`found` is told the name and the bytes of each file that is read."""
        self.root = root
        self.release = release
        self.found = found

    def folders(self) -> Iterator[Path]:
        """The folders, in the order they are looked at."""
        custom = self.custom()
        if custom is not None:
            yield custom
        library = self.root / "lib" / "firmware"
        yield from (library / "updates" / self.release, library / "updates")
        yield from (library / self.release, library)

    def custom(self) -> Path | None:
        """The folder that the parameter names, or None."""
        try:
            text = (self.root / PARAMETER).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
        text = text.split("\n", 1)[0][:MOST]
        if not text:
            return None
        below = self.root / text.lstrip("/")
        return below if below.is_dir() else Path(text)

    def __getitem__(self, name: str) -> bytes:
        """The bytes of the file.

        Raises `KeyError` if there is none, `ModelledError` if it is no file or may not be read.
        """
        last: OSError | None = None
        for folder in self.folders():
            path = folder / name.lstrip("/")  # Linux glues the two together
            try:
                if path.exists() and not path.is_file():
                    raise ModelledError(Errno.EINVAL, f"{path} is no file")
                with path.open("rb") as file:
                    data = file.read(MAX_IMAGE + 1)
            except OSError as error:
                last = error
                continue
            if len(data) > MAX_IMAGE:
                raise ModelledError(Errno.ENOMEM, f"{path} has more than {MAX_IMAGE} bytes")
            self.found(name, data)
            return data
        if isinstance(last, PermissionError):
            raise ModelledError(Errno.EACCES, f"{name} may not be read")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        seen = set()
        for folder in self.folders():
            for path in sorted(folder.glob("*")) if folder.is_dir() else []:
                if path.is_file() and path.name not in seen:
                    seen.add(path.name)
                    yield path.name

    def __len__(self) -> int:
        return sum(1 for _name in self)
