# SPDX-License-Identifier: GPL-2.0-or-later
"""The browser's chain is Python's: same links, same verdicts, same codes, on any damage."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rprocbench.bench.chain import chain
from rprocbench.views import render
from rprocbench.views.chain_pack import pack_chain
from tests.formats import recorded
from tests.tee.machine import GOOD, KEY

from .chain_cases import FUZZ, GOLDEN, MULTI, NEGATIVE, damaged, fuzzed, golden_key

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from rprocbench.formats.keys import RsaPublicKey

VIEWS = Path(render.__file__).parent
CHECK = """async ([cases, names]) => {
  const got = [];
  for (const [data, key] of cases) {
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    const links = await chainCheck.evaluate(bytes, key);
    got.push(links.map((link) => Object.fromEntries(names.map((name) => [name, link[name]]))));
  }
  return got;
}"""
DECIDED = ("name", "verdict", "code")
SAME = ("kind", "name", "stage", "title", "spans", "verdict", "why", "code", "value")


def checking_page(folder: Path) -> Path:
    """A page that computes chains: a file, for it may hash, which an empty page may not."""
    scripts = [(VIEWS / name).read_text("utf-8") for name in ("chain_images.js", "chain_check.js")]
    script = "\n".join([*scripts, "window.chainCheck = chainCheck;"])
    path = folder / "check.html"
    path.write_text(f"<!doctype html><title>x</title><script>{script}</script>", encoding="utf-8")
    return path


def cases() -> list[tuple[bytes, RsaPublicKey]]:
    other = recorded.key("rsa2048_other").public
    images = [GOOD, MULTI, b"", GOOD[:19], GOOD[:300], GOOD[:700]]
    images += [bytes.fromhex(record["image"]) for record in NEGATIVE]
    images += [fuzzed(case) for case in FUZZ[::8]]
    images += [damaged(image, seed) for image in (GOOD, MULTI) for seed in range(150, 250)]
    both: list[tuple[bytes, Any]] = [(image, KEY) for image in images]
    both += [(recorded.image(name), golden_key(name)) for name in GOLDEN if "1028" not in name]
    return [*both, (GOOD, other)]


def test_the_browsers_chain_is_pythons(browser: Browser, tmp_path: Path) -> None:
    from tests.harness.browser import offline, strict_page

    path = checking_page(tmp_path)
    asked = cases()
    wanted = [pack_chain(chain(data, key)) for data, key in asked]
    pairs = [
        [base64.b64encode(data).decode(), one["key"]]
        for (data, _key), one in zip(asked, wanted, strict=True)
    ]
    with offline(browser) as context, strict_page(context) as page:
        page.goto(path.as_uri())
        got = page.evaluate(CHECK, [pairs, DECIDED])
    for index, (mine, theirs) in enumerate(zip(wanted, got, strict=True)):
        expected = [{name: link[name] for name in DECIDED} for link in mine["links"]]
        assert theirs == expected, index


@pytest.mark.parametrize("image", [GOOD, MULTI], ids=["one", "two"])
def test_of_a_sound_image_even_the_words_are_the_same(
    browser: Browser, tmp_path: Path, image: bytes
) -> None:
    from tests.harness.browser import offline, strict_page

    path = checking_page(tmp_path)
    wanted = pack_chain(chain(image, KEY))
    with offline(browser) as context, strict_page(context) as page:
        page.goto(path.as_uri())
        (got,) = page.evaluate(CHECK, [[[base64.b64encode(image).decode(), wanted["key"]]], SAME])
    for mine, theirs in zip(wanted["links"], got, strict=True):
        same = [name for name in SAME if name != "why" or mine["kind"] != "nothing"]
        assert {name: theirs[name] for name in same} == {name: mine[name] for name in same}
