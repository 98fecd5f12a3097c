"""What late fusion is worth, and how honest the figures of what a block adds are, on simulated patients whose best joint AUC is known.

Run: ``python benchmarks/honesty/fusion_value.py [STUDIES]`` (300). Blocks are models that take no time: logistic regression of clinical columns, of what spectra are
made from (14 numbers) and of features of tissue (8). Five folds by patient. Four questions:

- three blocks of which one (tissue) says nothing: does the interval of what it adds hold 0, and what does it cost?
- two blocks: how often is it found that spectra add to clinical columns, beside what `planning` forecasts from the other half of the studies taken as pilots?
  How often does the interval hold the mean over studies?
- 200 patients, three blocks that say something: which share of the known best joint AUC is reached?
- three blocks, each missing for 30 %: how far is fusion behind the best possible weighing of the same blocks, fitted on 3,000 other patients?

Intervals are widened by how much refits vary more than fixed scores: not at all, by the factor of the fusion of all blocks, or by the largest factor of all models.
"""

import os
import sys
from dataclasses import dataclass, replace
from functools import cache

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.classes.inference.chance import (
    RefitNull,
    patient_features,
    refit_null,
)
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.intervals import Interval, draw_patients
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.fusion.contributions.contributions import (
    BlockContribution,
    Contributions,
    block_contributions,
)
from spectra_dl.fusion.contributions.shapley import block_subsets
from spectra_dl.fusion.estimators.blocks import BlockMemory, FittedBlock, fit_block
from spectra_dl.fusion.estimators.clinical import ClinicalClassifier
from spectra_dl.fusion.estimators.late import LateFusion
from spectra_dl.fusion.estimators.stacking import fit_stack
from spectra_dl.fusion.rows import FusionRows
from spectra_dl.fusion.simulation.fusion_study import (
    FusionSimulationSettings,
    SimulatedFusion,
    simulate_fusion,
)
from spectra_dl.planning.paired import power
from spectra_dl.spectra.simulation.serum_study import POSITIVE_LABEL

_PENALTY, _RESAMPLES, _REFITS, _FOLDS, _FRESH = 0.05, 500, 499, 5, 6000
_HALF_WIDTH = 1.959964
FACTORS = ("none", "all blocks'", "largest")
BASE = FusionSimulationSettings(patients=100, spectra_per_patient=1, n_wavenumbers=16)


def model_of(block: str) -> object:
    """Return a block's model."""
    if block == "clinical":
        return ClinicalClassifier()
    return make_pipeline(StandardScaler(), LogisticRegression(C=_PENALTY))


def fusion_of(blocks: frozenset[str], order: tuple[str, ...], memory: BlockMemory[FittedBlock]) -> LateFusion:
    """Return a fusion of some blocks."""
    return LateFusion([(name, model_of(name)) for name in order if name in blocks], memory=memory)


def logit(model: LateFusion, rows: FusionRows) -> FloatArray:
    """Return ``(m,)`` logits of the positive class."""
    code = list(model.classes_).index(POSITIVE_LABEL)
    probability = np.maximum(model.predict_proba(rows), 1e-12)
    return np.asarray(np.log(probability[:, code]) - np.log(probability[:, 1 - code]))


@dataclass(frozen=True)
class Evaluated:
    """What blocks add in one study, with intervals as of fixed scores, and by how much refits vary more."""

    added: Contributions
    factors: tuple[float, ...]

    def auc(self, block: str | None = None) -> float:
        """Return the AUC of a block alone, or of all."""
        return 0.5 + (self.added.together if block is None else self._of(block).alone).value

    def adds(self, block: str, factor: int = 0) -> Interval:
        """Return what a block adds to the others."""
        return self._of(block).added.widened(self.factors[factor])

    def _of(self, block: str) -> BlockContribution:
        return next(each for each in self.added.blocks if each.block == block)


def evaluated(study: SimulatedFusion) -> Evaluated:
    """Cross-validate every set of blocks."""
    rows, order = study.rows(features=True), study.settings.blocks
    subsets = block_subsets(order)
    logits = {subset: np.empty((1, len(rows))) for subset in subsets}
    number = np.empty((1, len(rows)), dtype=np.intp)
    is_positive = study.label == POSITIVE_LABEL
    code = np.unique(study.label).tolist().index(POSITIVE_LABEL)
    for fold in patient_folds(study.patients, study.label, folds=_FOLDS, seed=study.settings.seed):
        number[0, fold.test] = fold.number
        train, test, label = rows[fold.train], rows[fold.test], study.label[fold.train]
        fitted = {
            name: fit_block(model_of(name), train.block(name), train.patients, label, seed=0)
            for name in order
        }
        said = {name: fitted[name].logits(test.block(name), len(test)) for name in order}
        for subset in subsets:
            names = [name for name in order if name in subset]
            stack = fit_stack(
                np.stack([fitted[name].unseen for name in names]), np.unique(label, return_inverse=True)[1]
            )
            each = stack.logits(np.stack([said[name] for name in names]))
            logits[subset][0, fold.test] = each[:, code] - each[:, 1 - code]
    multiplicity = draw_patients(len(rows), resamples=_RESAMPLES, seed=study.settings.seed)
    added = block_contributions(logits, order, is_positive, multiplicity, fold=number)
    null = refits_of(len(rows))
    each = [null.inflation_at(float(roc_auc_score(is_positive, one[0]))) for one in logits.values()]
    return Evaluated(added, (1.0, each[-1], max(each)))


@cache
def refits_of(patients: int) -> RefitNull:
    """Return what refits on noise reach with so many patients in five folds, half of each class, as `evaluate fusion` measures it in every study."""
    names, label = [f"{number:04d}" for number in range(patients)], ["a", "b"] * (patients // 2)
    number = np.empty((1, patients), dtype=np.intp)
    for fold in patient_folds(names, label, folds=_FOLDS):
        number[0, fold.test] = fold.number
    whose = read_patients(names, label)
    surrogate = LinearSurrogate(patient_features(None, whose), whose.class_of_patient, number, 2, 1)
    return refit_null(surrogate, _REFITS, 0)


def share(values: list[bool]) -> str:
    """Write a share with its standard error."""
    mean = float(np.mean(values))
    return f"{100 * mean:5.1f} % (± {100 * np.sqrt(mean * (1 - mean) / len(values)):.1f})"


def useless_block(studies: int) -> None:
    """Print what a block without information does."""
    settings = replace(BASE, tissue_auc=0.5)
    found = [evaluated(simulate_fusion(replace(settings, seed=seed))) for seed in range(studies)]
    adds = [each.adds("tissue").value for each in found]
    print(f"\n{studies} studies of 100 patients: clinical .75, spectra .80, tissue .50 (says nothing)")
    print(
        f"  AUC: {', '.join(f'{name} {np.mean([each.auc(name) for each in found]):.3f}' for name in settings.blocks)}, ",
        end="",
    )
    print(
        f"all {np.mean([each.auc() for each in found]):.3f}, best possible {simulate_fusion(replace(settings, patients=4)).truth.best_auc[frozenset(settings.blocks)]:.3f}"
    )
    print(f"  tissue adds {np.mean(adds):+.4f} (SE {np.std(adds) / np.sqrt(studies):.4f})")
    for factor, name in enumerate(FACTORS):
        held = [each.adds("tissue", factor).low <= 0 <= each.adds("tissue", factor).high for each in found]
        print(f"  its interval, widened by {name:<11} holds 0 in {share(held)}", flush=True)


def useful_block(studies: int) -> None:
    """Print how often a block that adds is found, and how often its interval holds what it adds on average."""
    found = [evaluated(simulate_fusion(replace(BASE, seed=20_000 + seed))) for seed in range(studies)]
    adds = np.array([each.adds("spectra").value for each in found])
    pilots, rest = found[: studies // 2], found[studies // 2 :]
    best = max(np.mean([each.auc(name) for each in found]) for name in BASE.blocks)
    print(f"\n{studies} studies of 100 patients: clinical .75, spectra .80")
    print(f"  spectra add {adds.mean():+.3f} (standard deviation between studies {adds.std():.3f})")
    print(f"  all blocks {np.mean([each.auc() for each in found]):.3f}, the best block alone {best:.3f}")
    for factor, name in enumerate(FACTORS):
        held = [
            each.adds("spectra", factor).low <= adds.mean() <= each.adds("spectra", factor).high
            for each in found
        ]
        intervals = [each.adds("spectra", factor) for each in pilots]
        error = float(np.mean([(each.high - each.low) / (2 * _HALF_WIDTH) for each in intervals]))
        inflation = float(np.mean([each.factors[factor] for each in pilots]))
        planned = power(float(np.mean([each.value for each in intervals])), error, inflation)
        seen = [each.adds("spectra", factor).low > 0 for each in rest]
        print(
            f"  widened by {name:<11} the interval holds that in {share(held)}; found in {share(seen)}, planned {100 * planned:.1f} %",
            flush=True,
        )


def joint_best(studies: int) -> None:
    """Print which share of the known best joint AUC is reached with 200 patients."""
    settings = replace(BASE, patients=200, tissue_auc=0.7)
    reached, single = [], []
    for seed in range(studies):
        study = simulate_fusion(replace(settings, seed=40_000 + seed))
        each = evaluated(study)
        reached.append(each.auc())
        single.append([each.auc(name) for name in settings.blocks])
    known = study.truth.best_auc[frozenset(settings.blocks)]
    print(f"\n{studies} studies of 200 patients: clinical .75, spectra .80, tissue .70")
    print(
        f"  all blocks {np.mean(reached):.3f} of {known:.3f} that can be reached: {100 * np.mean(reached) / known:.1f} %; the best block alone {np.mean(single, axis=0).max():.3f}",
        flush=True,
    )


def missing_blocks(studies: int) -> None:
    """Print how far fusion is behind the best weighing of the same blocks where 30 % are missing."""
    settings = replace(BASE, tissue_auc=0.7, missing=0.3)
    fused, best = [], []
    for seed in range(studies):
        study = simulate_fusion(replace(settings, seed=60_000 + seed))
        others = simulate_fusion(replace(settings, patients=_FRESH, seed=80_000 + seed))
        model = fusion_of(frozenset(settings.blocks), settings.blocks, BlockMemory(fit_block))
        model.fit(study.rows(features=True), study.label)
        rows, truth = others.rows(features=True), others.label == POSITIVE_LABEL
        said = model.block_logits(rows)[:, :, 0].T
        features = np.concatenate([np.nan_to_num(said), np.isnan(said)], axis=1)
        half = np.arange(_FRESH) < _FRESH // 2
        weighed = LogisticRegression(C=100.0, max_iter=1000).fit(features[half], truth[half])
        best.append(roc_auc_score(truth[~half], weighed.decision_function(features[~half])))
        fused.append(roc_auc_score(truth[~half], logit(model, rows)[~half]))
    behind = np.array(best) - np.array(fused)
    print(
        f"\n{studies} studies of 100 patients: clinical .75, spectra .80, tissue .70, each missing for 30 %"
    )
    print(
        f"  fusion {np.mean(fused):.3f}, the best weighing of the same models {np.mean(best):.3f}: behind by {behind.mean():.3f} (SE {behind.std() / np.sqrt(studies):.4f}); any method at most {study.truth.best_auc_as_missing:.3f}",
        flush=True,
    )


def main() -> None:
    """Print all four."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    useful_block(studies)
    useless_block(studies)
    joint_best(max(2, studies // 4))
    missing_blocks(max(2, studies // 4))


if __name__ == "__main__":
    main()
