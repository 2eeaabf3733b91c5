# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/base/firmware_loader/main.c: files from /lib/firmware."""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors

from .flow import dev_warn
from .remoteproc import Firmware, Rproc

loader_c = mirrors("linux:drivers/base/firmware_loader/main.c")

DIRECTORY = "/lib/firmware"
PATH_MAX = 4096
NAME_MAX = 255


@loader_c
def request_firmware(rproc: Rproc) -> Firmware:
    """Read the file that `rproc.firmware` names into the kernel's own memory.

    - EINVAL: no name, a `..` in the path, or an empty file;
    - ENAMETOOLONG: the path or one component of it is too long;
    - ENOENT: there is no such file.
    """
    name = rproc.firmware
    try:
        return read_file(rproc, name)
    except ModelledError as error:
        if name:
            dev_warn(
                rproc, f"Direct firmware load for {name} failed with error -{error.code.value}"
            )
        raise


def read_file(rproc: Rproc, name: str) -> Firmware:
    """The file called `name`, by the rules of `request_firmware`."""
    if not name:
        raise ModelledError(Errno.EINVAL, "the firmware has no name")
    parts = name.split("/")
    if ".." in parts:
        raise ModelledError(Errno.EINVAL, f"{name} leaves the firmware directory")
    if len(f"{DIRECTORY}/{name}") >= PATH_MAX:
        raise ModelledError(Errno.ENAMETOOLONG, "the path of the firmware is too long")
    if any(len(part) > NAME_MAX for part in parts):
        raise ModelledError(Errno.ENAMETOOLONG, "a component of the firmware's path is too long")
    data = rproc.host.files.get(name)
    if data is None:
        raise ModelledError(Errno.ENOENT, f"there is no {DIRECTORY}/{name}")
    if not data:
        raise ModelledError(Errno.EINVAL, f"{DIRECTORY}/{name} is empty")
    return Firmware(name, bytearray(data), rproc.host.hardened, rproc.host.bits)


@loader_c
def release_firmware(rproc: Rproc, fw: Firmware | None) -> None:
    """Free what `request_firmware` read."""
