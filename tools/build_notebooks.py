# SPDX-License-Identifier: GPL-2.0-or-later
"""Build the notebooks from their sources: execute `notebooks/src/*.py`, write `notebooks/*.ipynb`.

    python tools/build_notebooks.py [--check] [NAME ...]

The result is the same bytes on every build: cell ids come from the name, the metadata is fixed, the
live views are left out (their static pictures stay). `--check` writes nothing and exits with 1
where a committed notebook differs from what its source gives now.
"""

import argparse
import difflib
import re
import sys
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "notebooks" / "src"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
LIVE = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"0x7[0-9a-f]{10,11}\b")


def build(source: Path) -> str:
    """Execute one notebook and return its text. Raises `CellExecutionError` where a cell fails."""
    text = source.read_text(encoding="utf-8")
    # What stands before the first cell (licence, kernel) would become a cell of its own.
    notebook: Any = jupytext.reads(text[text.index("# %%") :], fmt="py:percent")
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(ROOT)}},
    )
    client.execute()
    notebook.metadata = METADATA
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{source.stem}-{number:02}"
        cell.metadata = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
        for output in cell.get("outputs", []):
            clean(output)
    return str(nbformat.writes(notebook)) + "\n"


def clean(output: Any) -> None:
    """Take out what differs from build to build, and what only lives while a kernel does."""
    output.get("data", {}).pop(LIVE, None)
    if "metadata" in output:
        output["metadata"] = {}
    for name, value in output.get("data", {}).items():
        if isinstance(value, str):
            output["data"][name] = ADDRESS.sub("0x7f0000000000", value)


def main() -> int:
    """Build or check the notebooks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    args = parser.parse_args()
    stale = 0
    for source in sorted(SOURCES.glob("*.py")):
        if args.names and source.stem not in args.names:
            continue
        target = ROOT / "notebooks" / f"{source.stem}.ipynb"
        text = build(source)
        old = target.read_text(encoding="utf-8") if target.exists() else ""
        if text == old:
            print(f"{target.name}: as committed")
        elif args.check:
            stale += 1
            diff = difflib.unified_diff(old.splitlines(), text.splitlines(), lineterm="", n=1)
            shown = "\n".join(line[:200] for line in list(diff)[:40])
            print(f"{target.name}: differs from its source\n{shown}")
        else:
            target.write_text(text, encoding="utf-8")
            print(f"{target.name}: written")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
