"""Bulk expression from whole slides: ridge, mean pooling, attention and top-tile pooling on simulated slides whose rates are known.

Run: ``python benchmarks/accuracy/slide_level.py [--patients 120 60] [--studies 3] [--models A,B,C]``.

100 tiles of 32 features a patient; 100 genes whose rates in a tile are exponential in four hidden numbers. Correlations are across left-out patients, 5 folds, mean
over genes; the ceiling is the correlation of the counts with what the tiles let expect, known by construction. Controls see no tissue.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.profiles.across.harness import evaluate_across
from spectra_dl.evaluation.profiles.across.results import AcrossInputs, AcrossSettings
from spectra_dl.expression.estimators.slides.mean_ridge import MeanFeaturesRidge, SlideFactsRidge
from spectra_dl.expression.estimators.slides.names import RIDGE, SLIDE_MODELS, chosen_slide_models
from spectra_dl.expression.estimators.slides.pooled import PooledExpression
from spectra_dl.expression.simulation.slide_study import (
    SimulatedSlides,
    SlideStudySimulation,
    simulate_slides,
)

SHUFFLES = 10


@dataclass(frozen=True, eq=False)
class KnownTargets:
    """All genes, with the ceiling that is known by construction."""

    study: SimulatedSlides

    @property
    def names(self) -> list[str]:
        """The genes."""
        return list(self.study.profiles.gene)

    def fit(self, rows: IndexArray) -> "KnownTargets":
        """Return all genes, whoever trains."""
        return self

    def values(self, rows: IndexArray) -> FloatArray:
        """Return log-normalised counts of patients."""
        return self.study.profiles.values[rows]

    def ceiling(self, rows: IndexArray) -> FloatArray:
        """Return the known ceilings."""
        return self.study.ceiling


def entry(name: str, seed: int) -> ModelEntry:
    """Return a model by name."""
    if name == RIDGE:
        return ModelEntry(SLIDE_MODELS[name], MeanFeaturesRidge(seed))
    return ModelEntry(SLIDE_MODELS[name], PooledExpression(name, seed=seed), "network")


def reached(patients: int, seed: int, names: tuple[str, ...]) -> dict[str, tuple[float, float, float]]:
    """Return of each model and control r, its share of the ceiling, and the seconds of the whole study."""
    study = simulate_slides(SlideStudySimulation(patients=patients, seed=seed))
    started = time.perf_counter()
    evaluation = evaluate_across(
        [entry(name, seed) for name in names],
        study.rows,
        study.rows.bags.name,
        KnownTargets(study),
        AcrossSettings(shuffles=SHUFFLES, seed=seed),
        inputs=AcrossInputs(controls={"size and brightness of slides": SlideFactsRidge(seed)}),
    )
    took = time.perf_counter() - started
    return {
        name: (result.pearson.value, result.share_of_ceiling.value, took)
        for name, result in (evaluation.models | evaluation.controls).items()
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, nargs="+", default=[120, 60])
    parser.add_argument("--studies", type=int, default=3)
    parser.add_argument("--models", default=",".join(SLIDE_MODELS))
    given = parser.parse_args()
    names = chosen_slide_models(given.models.split(","))
    for patients in given.patients:
        studies = []
        for seed in range(given.studies):
            studies.append(reached(patients, seed, names))
            figures = ", ".join(
                f"{name} {r:.3f} ({share:.1%})" for name, (r, share, _) in studies[-1].items()
            )
            took = next(iter(studies[-1].values()))[2]
            print(f"{patients} patients, study {seed}, {took:.0f} s: {figures}", file=sys.stderr, flush=True)
        print(f"\n{patients} patients, {len(studies)} studies: mean, lowest to highest study")
        for name in studies[0]:
            r, share, _ = np.array([study[name] for study in studies]).T
            print(
                f"  {name:<32}r {r.mean():+.3f} ({r.min():+.3f} to {r.max():+.3f})   of the ceiling {share.mean():6.1%} ({share.min():.1%} to {share.max():.1%})"
            )


if __name__ == "__main__":
    main()
