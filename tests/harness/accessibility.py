# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of WCAG 2.2 AA on a page, by axe-core where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .requirements import AXE, missing

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
CHECK = """
async ([root, tags]) => {
  const found = await axe.run(root, { runOnly: tags });
  const where = (rule) => rule.nodes.map((node) => node.html).join(" ");
  return found.violations.map((rule) => `${rule.id}: ${rule.help}: ${where(rule)}`);
}
"""


def violations(page: Page, root: str = "#root") -> list[str]:
    """What is wrong below `root`; skips where `RPROCBENCH_AXE` names no copy of axe.min.js.

    Contrast that axe cannot decide is not among them: compute it.
    """
    named = os.environ.get("RPROCBENCH_AXE", "")
    if not named or not Path(named).is_file():
        missing("RPROCBENCH_AXE names no axe.min.js (`npm pack axe-core`)", AXE)
    page.add_script_tag(content=Path(named).read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(CHECK, [root, RULES])
    return found
