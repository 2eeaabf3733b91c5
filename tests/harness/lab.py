# SPDX-License-Identifier: GPL-2.0-or-later
"""A JupyterLab of the tests' own: served from a temporary folder, opened in Chromium, run.

`lab.open(notebook)` copies a notebook into the served folder, opens it, and gives a `LabNotebook`:
`run_all()`, `problems()`, and `panel`, the element in which to look for outputs and widgets.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .browser import offline, strict_page
from .requirements import BROWSER, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

START_SECONDS = 90
RUN_SECONDS = 60
PR_SET_PDEATHSIG = 1

# Kept out of the way: the user's own settings, and everything that asks for the network.
QUIET = {"fetchNews": "false", "checkForUpdates": False}
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--ServerApp.jpserver_extensions={'jupyter_lsp': False, 'jupyter_server_terminals': False}",
)

# Waiting for the kernel before running is what matters: run-all on a kernel that is not up hangs.
# Playwright's `evaluate` knows no timeout, so the race is ours.
RUN_ALL = """
async ([path, seconds]) => {
  const run = async () => {
    const app = window.jupyterapp;
    const kernel = { name: "python3" }; // or it may ask which one, and wait
    const how = { path, factory: "Notebook", kernel };
    const widget = await app.commands.execute("docmanager:open", how);
    await widget.context.ready;
    await widget.sessionContext.ready;
    await widget.sessionContext.session.kernel.info;
    app.shell.activateById(widget.id);
    await app.commands.execute("notebook:run-all-cells");
    return widget.content.widgets
      .filter((cell) => cell.model.type === "code")
      .map((cell) => cell.model.executionCount);
  };
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`not run in ${seconds} s`)), 1000 * seconds));
  return Promise.race([run(), late]);
}
"""
OPEN = """
async ([path, seconds]) => {
  const open = async () => {
    const app = window.jupyterapp;
    const kernel = { name: "python3" }; // or it may ask which one, and wait
    const how = { path, factory: "Notebook", kernel };
    const widget = await app.commands.execute("docmanager:open", how);
    await widget.context.ready;
    await widget.revealed;
    app.shell.activateById(widget.id);
    return widget.id;
  };
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`not open in ${seconds} s`)), 1000 * seconds));
  return Promise.race([open(), late]);
}
"""
CLOSE = """
async ([path, seconds]) => {
  const close = async () => {
    const app = window.jupyterapp;
    const kernel = { name: "python3" }; // or it may ask which one, and wait
    const how = { path, factory: "Notebook", kernel };
    const widget = await app.commands.execute("docmanager:open", how);
    await widget.sessionContext.shutdown();
    widget.context.model.dirty = false; // or it asks whether to save
    widget.dispose();
  };
  const late = new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  return Promise.race([close(), late]);
}
"""


@dataclass
class LabNotebook:
    """One notebook, open in JupyterLab."""

    page: Page
    path: str
    panel: Locator
    counts: list[int | None] = field(default_factory=list)

    def run_all(self, seconds: float = RUN_SECONDS) -> None:
        """Run every cell from the top; fails when one fails, complains, or does not run."""
        self.counts = self.page.evaluate(RUN_ALL, [self.path, seconds])
        assert None not in self.counts, f"{self.path}: cells that did not run: {self.counts}"
        assert not self.problems(), "\n".join(self.problems())

    def problems(self) -> list[str]:
        """Errors and whatever was printed on stderr, as the outputs show them."""
        bad = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type$="stderr"]'
        return self.panel.locator(bad).all_inner_texts()

    def output(self, cell: int) -> Locator:
        """Give what the cell with this index put out; code and text cells are counted."""
        return self.panel.locator(".jp-Cell").nth(cell).locator(".jp-OutputArea-output")

    def close(self) -> None:
        """Shut the kernel down and close the tab, saving nothing."""
        self.page.evaluate(CLOSE, [self.path, 20])


@dataclass
class LabServer:
    """A running JupyterLab."""

    browser: Browser
    url: str
    token: str
    root: Path

    @contextmanager
    def open(self, notebook: Path, **context: object) -> Iterator[LabNotebook]:
        """Open a copy of `notebook` on a page of its own; `context`: as for a browser context."""
        shutil.copyfile(notebook, self.root / notebook.name)
        with offline(self.browser, **context) as fresh, strict_page(fresh) as page:
            page.goto(f"{self.url}/lab?token={self.token}&reset")
            page.wait_for_function("window.jupyterapp && window.jupyterapp.started")
            page.evaluate("() => window.jupyterapp.restored")
            panel_id = page.evaluate(OPEN, [notebook.name, START_SECONDS])
            opened = LabNotebook(page, notebook.name, page.locator(f'[id="{panel_id}"]'))
            opened.panel.wait_for()
            try:
                yield opened
            finally:
                opened.close()


def environment(home: Path) -> dict[str, str]:
    """Give the variables with which Jupyter keeps to `home` and reads none of the user's files."""
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    for folder in places.values():
        (home / folder).mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(QUIET))
    paths = {name: str(home / folder) for name, folder in places.items()}
    return {**os.environ, **paths, "JUPYTER_PLATFORM_DIRS": "1"}


def free_port() -> int:
    """A port of the loopback interface that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end_with_parent() -> Callable[[], None] | None:
    """Give what makes a child end when its parent dies, however that comes about (Linux only)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here: not much is safe between fork and exec

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def serve(browser: Browser, home: Path) -> Iterator[LabServer]:
    """Run JupyterLab in the empty folder `home`, never in the checkout."""
    if find_spec("jupyterlab") is None:
        missing("JupyterLab is not installed (the lab extra)", BROWSER)
    root = home / "notebooks"
    root.mkdir()
    port, token, log = free_port(), secrets.token_hex(16), home / "server.log"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS, f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
    options: dict[str, Any] = {"env": environment(home), "cwd": root}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent(),  # noqa: PLW1509  see there
            **options,
        )
        try:
            wait_until_up(process, f"{url}/api/status?token={token}", log)
            yield LabServer(browser, url, token, root)
        finally:
            process.terminate()  # it ends its kernels
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
