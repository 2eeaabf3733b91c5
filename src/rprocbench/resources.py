# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that come with rprocbench: inside an installed package, or at the top of a checkout."""

from pathlib import Path

from rprocbench.base.errors import InputCode, InputError

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parents[1]
SHIPPED = ("data", "notebooks")


def resource(*parts: str) -> Path:
    """Where `data/...` or `notebooks/...` lies: `resource("data", "firmware", "echo", "echo.elf")`.

    - The package comes first: an installed rprocbench never looks beside itself.
    - A checkout counts as one only where its `pyproject.toml` is.

    Raises `InputError` NOT_FOUND: this installation is not whole.
    """
    if not parts or parts[0] not in SHIPPED or ".." in parts:
        raise ValueError(f"{parts!r} does not begin with one of {', '.join(SHIPPED)}")
    roots = [PACKAGE]
    if PACKAGE.parent.name == "src" and (CHECKOUT / "pyproject.toml").is_file():
        roots.append(CHECKOUT)
    for root in roots:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    name = "/".join(parts)
    raise InputError(
        InputCode.NOT_FOUND, f"{name} is not where rprocbench was installed: install it again"
    )
