# SPDX-License-Identifier: GPL-2.0-or-later
"""The review notices each `unwind.label` that is removed, in each design."""

import pytest

from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Entered, Unwound
from rprocbench.designs import DESIGNS
from rprocbench.review import judge
from rprocbench.review.campaign import Trial, plan
from rprocbench.review.play import Patches, play

from .mutants import functions_of, ladder, without_label

SCENARIOS = ("boot", "boot-shutdown", "recovery", "attach")
TEE_ATTACH = "the TA never loaded what a boot loader started, and refuses to stop it"
# Labels whose removal changes nothing, and why. `*` is every design.
EXCEPTIONS = {
    ("*", "rproc_add", "rproc_remove_dev"): "only auto-boot comes after it; this board has none",
    ("*", "rproc_enable_iommu", "free_domain"): "an STM32MP15's M4 has no IOMMU",
    ("v2", "__rproc_attach", "stop_rproc"): TEE_ATTACH,
    ("seed-request-fw", "__rproc_attach", "stop_rproc"): TEE_ATTACH,
}


class Plain:
    """What the unmutated design does in each trial."""

    def __init__(self, design: str) -> None:
        self.breaches: dict[Trial, set[tuple[str, str]]] = {}
        self.unwound: dict[Trial, set[tuple[str, str]]] = {}
        self.entered: set[str] = set()
        for trial in plan(design, SCENARIOS):
            trace = play(design, trial.scenario, trial.script).trace
            self.breaches[trial] = {breach.key for breach in judge(trace)}
            self.unwound[trial] = {(e.function, e.label) for e in trace if isinstance(e, Unwound)}
            self.entered |= {e.function for e in trace if isinstance(e, Entered)}


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_a_removed_label_is_reported(name: str) -> None:
    """For each label in what the design calls, some trial breaks something new without it."""
    design, plain = DESIGNS[name], Plain(name)
    unnoticed = []
    for function, label in ladder(design):
        if function not in plain.entered:
            continue
        mutant = {function: without_label(functions_of(design)[function], label)}
        trials = [t for t, unwound in plain.unwound.items() if (function, label) in unwound]
        if not any(is_noticed(trial, mutant, plain) for trial in trials):
            unnoticed.append((function, label))
    excused = {(f, label) for d, f, label in EXCEPTIONS if d in ("*", name)}
    assert set(unnoticed) == excused


def is_noticed(trial: Trial, mutant: Patches, plain: Plain) -> bool:
    """Whether the mutant breaks what the design does not break in the same trial."""
    trace = play(trial.design, trial.scenario, trial.script, mutant).trace
    return bool({breach.key for breach in judge(trace)} - plain.breaches[trial])


def test_a_mutant_differs_by_one_label_only() -> None:
    """Undisturbed, a mutant runs as the original does; the original is left as it was."""
    function = functions_of(DESIGNS["mainline"])["rproc_fw_boot"]
    mutant = {"rproc_fw_boot": without_label(function, "unprepare_rproc")}
    plain, mutated = play("mainline", "boot"), play("mainline", "boot", None, mutant)
    assert plain.trace == mutated.trace
    script = {At("rproc_handle_resources"): Fail(plan("mainline", ["boot"])[1].code)}  # type: ignore[arg-type]
    labels = [
        [e.label for e in play("mainline", "boot", script, patches).trace if isinstance(e, Unwound)]
        for patches in (None, mutant)
    ]
    assert "unprepare_rproc" in labels[0]
    assert [label for label in labels[0] if label != "unprepare_rproc"] == labels[1]
