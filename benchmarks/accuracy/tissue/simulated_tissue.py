"""How much of what can be known a model reaches, where the truth is known: simulated sections whose rates follow their images.

Run: ``python benchmarks/accuracy/tissue/simulated_tissue.py [PATIENTS]`` (default 8). Every patient is left out once. The true ceiling is the correlation that the rates
themselves would reach: of the mean log-normalised value over 200 redraws of the counts with each section's counts, on genes the fold's panel holds.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys

import numpy as np

from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import PlsExpression, RidgeExpression
from spectra_dl.expression.estimators.depth import DEPTH, DepthExpression
from spectra_dl.expression.estimators.network import NetworkExpression
from spectra_dl.expression.genes import PanelSettings, log_normalise
from spectra_dl.expression.simulation.tissue_study import (
    SimulatedSection,
    TissueSettings,
    draw_counts,
    simulate_tissue,
)
from spectra_dl.imaging.features.recipe import FeatureRecipe

REDRAWS = 200
GENES_THAT_FOLLOW = 30


def best_reachable(
    drawn: list[SimulatedSection], settings: TissueSettings, cohort: ExpressionCohort
) -> dict[str, float]:
    """Return for each gene the mean correlation, over sections, of what the true rates predict with what was counted."""
    generator, correlations = np.random.default_rng(1), []
    for one in drawn:
        expected = np.zeros_like(one.rate)
        for _ in range(REDRAWS):
            counts = draw_counts(one.rate, settings.overdispersion, generator)
            expected += log_normalise(counts, np.maximum(counts.sum(axis=1), 1.0)) / REDRAWS
        counts = one.section.counts.toarray()
        correlations.append(pearson_per_column(expected, log_normalise(counts, counts.sum(axis=1))))
    names = [str(name) for name in drawn[0].section.gene]
    return dict(zip(names, np.nanmean(correlations, axis=0), strict=True))


def main() -> None:
    """Print each model's share of the true and of the estimated ceiling, and what controls without an image reach."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    settings = TissueSettings(patients=patients)
    drawn = simulate_tissue(settings)
    cohort = expression_cohort([one.section for one in drawn], FeatureRecipe())
    spots = cohort.spots
    models = {
        "ridge, all features": RidgeExpression(),
        "PLS, all features": PlsExpression(),
        "network context, mse": NetworkExpression("context"),
    }
    evaluation = evaluate_profiles(
        models,
        SectionRows(spots, spots.section, spots.patient, spots.position_um),
        PanelTargets(cohort, PanelSettings(GENES_THAT_FOLLOW)),
        ProfileSettings(shuffles=5),
        ProfileInputs(controls={DEPTH: DepthExpression()}),
    )
    reachable = best_reachable(drawn, settings, cohort)
    print(
        f"{patients} patients, {len(spots)} spots, {GENES_THAT_FOLLOW} genes; estimated ceiling {evaluation.ceiling.value:.3f}"
    )
    for name, result in evaluation.models.items():
        truth = np.mean([reachable[one.name] for one in result.targets])
        print(
            f"{name:<32} r {result.pearson.value:.3f}  {result.pearson.value / truth:.1%} of the true ceiling ({truth:.3f}),"
            f" {result.share_of_ceiling.value:.1%} of the estimated one"
        )
    for name, result in evaluation.controls.items():
        print(f"{name:<32} r {result.pearson.value:.3f}")


if __name__ == "__main__":
    main()
