# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench lab`: the notebooks, opened in JupyterLab."""

import argparse
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rprocbench.base.errors import InputCode, InputError

from .output import out

START = "00_start.ipynb"


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "lab", help="open the notebooks in JupyterLab",
        description="Copy the notebooks to DIR, leaving alone what is there, and open the first.",
    )  # fmt: skip
    parser.add_argument("dir", nargs="?", type=Path, default=Path("rprocbench-lab"), metavar="DIR",
                        help="default: rprocbench-lab, here")  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Copy what is missing, then start the server and wait for it."""
    if find_spec("jupyterlab") is None:
        why = "JupyterLab is not installed: pip install 'rprocbench[lab]', or use ./bench lab"
        raise InputError(InputCode.UNSUPPORTED, why)
    copy_notebooks(args.dir)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={args.dir.resolve()}"]
    command += ["--LabApp.default_url=/lab/tree/" + START, "--LabApp.news_url=None"]
    if args.no_browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container; it listens on loopback only
        command.append("--allow-root")
    try:
        return subprocess.run(command, check=False).returncode  # noqa: S603  our own interpreter
    except KeyboardInterrupt:  # how a server is stopped
        return 0


def copy_notebooks(directory: Path) -> None:
    """Put the notebooks into `directory`; one that is there already is the user's and stays."""
    from rprocbench.resources import resource

    try:
        directory.mkdir(parents=True, exist_ok=True)
        for source in sorted(resource("notebooks").glob("*.ipynb")):
            target = directory / source.name
            if target.exists():
                out(f"{target}: kept as it is")
            else:
                shutil.copyfile(source, target)
    except OSError as error:
        why = f"{str(directory)!r} cannot hold the notebooks: {error.strerror}"
        raise InputError(InputCode.NOT_WRITABLE, why) from None
