# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium: found, started, and kept off the network."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from .requirements import BROWSER, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
    # Chromium's own traffic: it would be refused, many times over, where there is no network.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
TIMEOUT_MS = 30_000
LOCAL = ("127.0.0.1", "localhost")
HARMLESS = (
    "/lsp/status",  # JupyterLab asks for a language server, and ours runs none
    "Kernel message validation error",  # a kernel that ends mixes its widgets' last words
    "Could not restore the debugger state",  # a kernel ended while JupyterLab was asking it
)


def executable(default: str) -> str | None:
    """The browser to drive: the system's own, else the one that Playwright installed."""
    named = os.environ.get("RPROCBENCH_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    return found or (default if Path(default).exists() else None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, or skip (fail, where a browser is promised)."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright is not installed (the browser extra)", BROWSER)
    with sync_playwright() as playwright:
        path = executable(playwright.chromium.executable_path)
        if path is None:
            missing("no Chromium is installed", BROWSER)
        # Chromium refuses to sandbox what root runs.
        flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def offline(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """Make a context that reaches this machine only: to ask for another host fails the test."""
    strays: list[str] = []

    def guard(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in {"http", "https", "ws", "wss"} and url.hostname not in LOCAL:
            strays.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    # Tall, so that JupyterLab's windowing does not detach the outputs that a test looks at.
    settings: dict[str, object] = {"viewport": {"width": 1400, "height": 1500}, **options}
    context = browser.new_context(**settings)  # type: ignore[arg-type]  # any of its options
    context.set_default_timeout(TIMEOUT_MS)
    context.route("**/*", guard)
    try:
        yield context
    finally:
        context.close()
    if strays:
        pytest.fail(f"asked for other hosts: {', '.join(strays)}", pytrace=False)


@contextmanager
def strict_page(context: BrowserContext) -> Iterator[Page]:
    """Open a page; fail when a script on it throws, or logs an error."""
    errors: list[str] = []

    def read(message: ConsoleMessage) -> None:
        said = f"console: {message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(part in said for part in HARMLESS):
            errors.append(said)

    def catch(error: object) -> None:
        if not any(part in str(error) for part in HARMLESS):
            errors.append(f"thrown: {error}")

    page = context.new_page()
    page.on("pageerror", catch)
    page.on("console", read)
    try:
        yield page
    finally:
        page.close()
    if errors:
        pytest.fail("errors on the page:\n" + "\n".join(errors), pytrace=False)
