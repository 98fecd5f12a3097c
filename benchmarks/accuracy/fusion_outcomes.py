"""What late fusion of a number and of the time to an event is worth, and how honest its figures are, on simulated patients whose best is known.

Run: ``python benchmarks/accuracy/fusion_outcomes.py [STUDIES]`` (40). Blocks are models that take little time: ridge and Cox regression, of one penalty each, of
clinical columns, of what spectra are made from (14 numbers) and of features of tissue (8). 100 patients, five folds by patient, by the functions of `evaluate fusion`.

- three blocks of which one (tissue) says nothing: what does it add, and does the interval hold 0?
- the blocks that say something: does the interval hold the mean over studies of what each adds?
- which share of the known best R2, or of the best C-index above one half, is reached; how far behind its best block is fusion?

Each with all blocks there, and with each missing for 30 % of the patients. Intervals are those of the report, widened by how much refits vary.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.outcomes.harness import evaluate_outcome
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.fusion.contributions.contributions import Contributions
from spectra_dl.fusion.contributions.shapley import block_subsets
from spectra_dl.fusion.estimators.blocks import BlockMemory
from spectra_dl.fusion.estimators.outcomes.blocks import fit_outcome_block
from spectra_dl.fusion.estimators.outcomes.clinical import ClinicalFeatures
from spectra_dl.fusion.estimators.outcomes.late import LateNumber, LateRisk
from spectra_dl.fusion.simulation.outcome_study import (
    FusionOutcomeSettings,
    SimulatedFusionOutcome,
    simulate_fusion_outcome,
)
from spectra_dl.fusion.study.evaluate_outcome import REFITTED, added_to_number, added_to_risk
from spectra_dl.fusion.study.models import fusion_name

ORDER = ("clinical", "spectra", "tissue")
_RIDGE, _OF_COX = 30.0, 10.0  # penalties, which evaluate fusion chooses in the fold
HOW: dict[str, Any] = {"folds": 5, "resamples": 400, "refits": 99, "leaky": False}
BASE = FusionOutcomeSettings(patients=100, spectra_per_patient=1, n_wavenumbers=16, tissue=0.0, explained=0.5)
DESIGNS = {
    "number": BASE,
    "number, 30 % missing": replace(BASE, missing=0.3),
    "time": replace(BASE, hazard_ratio=3.0),
    "time, 30 % missing": replace(BASE, hazard_ratio=3.0, missing=0.3),
}


def model_of(block: str, *, number: bool) -> object:
    """Return a block's model."""
    features = ClinicalFeatures() if block == "clinical" else StandardScaler()
    if number:
        return make_pipeline(features, Ridge(_RIDGE))
    return PooledCox(features, penalties=(_OF_COX,))


def added(study: SimulatedFusionOutcome) -> Contributions:
    """Evaluate every set of blocks, and return what each block adds to R2 or to the C-index."""
    number = study.target.ndim == 1
    memory, late = BlockMemory(fit_outcome_block), LateNumber if number else LateRisk
    entries: list[ModelEntry[Fittable]] = []
    for subset in block_subsets(ORDER):
        names = [name for name in ORDER if name in subset]
        blocks = [(name, model_of(name, number=number)) for name in names]
        entries.append(ModelEntry(fusion_name(names, ORDER), late(blocks, 0, memory)))
    rows, whole = study.rows(features=True), np.arange(len(study.patients))
    if number:
        outcomes = Outcomes(study.patients, whole, study.target)
        settings = OutcomeSettings("score", **HOW, seed=study.settings.seed)
        evaluated = evaluate_outcome(entries, rows, outcomes, settings, audit_inputs=AuditInputs())
        return added_to_number(evaluated, ORDER)["r2"]
    survival = Survival(study.patients, whole, study.target[:, 0], study.target[:, 1] > 0)
    times = SurvivalSettings("months", "event", **HOW, seed=study.settings.seed)
    followed = evaluate_survival(entries, rows, survival, times, audit_inputs=AuditInputs())
    return added_to_risk(followed, ORDER)["c_index"]


def best_of(study: SimulatedFusionOutcome) -> float:
    """Return the best R2 with the blocks that patients have, or the best C-index above one half with all blocks."""
    if study.settings.hazard_ratio is not None:
        return study.best[frozenset(ORDER)] - 0.5
    weight = study.settings.weight
    known = np.sum([study.have[name] * weight[name] ** 2 for name in weight], axis=0)
    return float(study.settings.explained * known.mean())


@dataclass(frozen=True)
class Figures:
    """What studies of one design found."""

    name: str
    each: list[Contributions]
    best: float

    def lines(self) -> Iterator[str]:
        """Yield what is printed."""
        together = np.array([one.together.value for one in self.each])
        alone = np.array([[block.alone.value for block in one.blocks] for one in self.each])
        behind = together.mean() - alone.mean(axis=0).max()
        yield (
            f"{self.name}: {len(self.each)} studies; all blocks reach {together.mean():.3f} of {self.best:.3f} ({together.mean() / self.best:.0%}), "
            f"{behind:+.3f} beside the best block"
        )
        for at, block in enumerate(ORDER):
            intervals = [one.blocks[at].added for one in self.each]
            values = np.array([interval.value for interval in intervals])
            true = 0.0 if block == "tissue" else float(values.mean())
            held = np.mean([_holds(interval, true) for interval in intervals])
            held_bare = np.mean([_holds(interval, true, 1 / REFITTED) for interval in intervals])
            found = [interval.low > 0 for interval in intervals]
            yield (
                f"  {block:<9} adds {values.mean():+.3f} (standard error {values.std(ddof=1) / np.sqrt(len(values)):.3f}); interval holds "
                f"{'0' if block == 'tissue' else 'its mean'} in {held:.0%} ({held_bare:.0%} if {REFITTED} times as narrow), lies above 0 in {np.mean(found):.0%}; "
                f"mean width {_width(intervals):.3f}"
            )


def _holds(interval: Interval, true: float, factor: float = 1.0) -> bool:
    """Return whether an interval holds a value, with ends so many times as far from its own."""
    apart = true - interval.value
    return factor * (interval.low - interval.value) <= apart <= factor * (interval.high - interval.value)


def _width(intervals: list[Interval]) -> float:
    return float(np.mean([interval.high - interval.low for interval in intervals]))


def main() -> None:
    """Print a paragraph for each design."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for name, settings in DESIGNS.items():
        drawn = [simulate_fusion_outcome(replace(settings, seed=seed)) for seed in range(studies)]
        best = float(np.mean([best_of(study) for study in drawn]))
        for line in Figures(name, [added(study) for study in drawn], best).lines():
            print(line, flush=True)


if __name__ == "__main__":
    main()
