# SPDX-License-Identifier: GPL-2.0-or-later
"""Starting rprocbench loads nothing that its first answer does not need."""

import subprocess
import sys

import pytest

# What is only for notebooks, and what takes long to load.
HEAVY = (
    "IPython",
    "anywidget",
    "capstone",
    "ipywidgets",
    "jupyterlab",
    "matplotlib",
    "numpy",
    "traitlets",
    "unicorn",
)


def loaded_by(statement: str) -> set[str]:
    """Give the heavy modules that are loaded after `statement`, in a fresh Python."""
    code = f"import sys; {statement}; print(*(n for n in {HEAVY!r} if n in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(ran.stdout.split())


def test_the_probe_sees_what_is_loaded() -> None:
    pytest.importorskip("unicorn")
    assert "unicorn" in loaded_by("import unicorn")


@pytest.mark.parametrize("module", ["rprocbench", "rprocbench.resources", "rprocbench.cli"])
def test_an_import_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}") == set()


def test_inspecting_a_file_loads_nothing_of_the_lab() -> None:
    call = "from rprocbench.cli import main; main(['inspect', 'pyproject.toml'])"
    quiet = f"import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()): {call}"
    assert loaded_by(f"exec({quiet!r})") == set()
