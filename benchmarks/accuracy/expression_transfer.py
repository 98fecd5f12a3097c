"""From one patient to another: models trained on her2st's C2 to C5 (patient C), tested on B4 (patient B).

Run: ``python benchmarks/accuracy/expression_transfer.py [FOLDER] [ENCODER ...]``; FOLDER holds her2st (default ../shared/data/st/her2st), encoders default to
colour-texture and efficientnet-lite0. One test section: no interval.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from pathlib import Path

import numpy as np

from spectra_dl.evaluation.profiles.metrics import skill_per_column
from spectra_dl.evaluation.profiles.units import known_mean
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import PlsExpression, RidgeExpression
from spectra_dl.expression.estimators.feature_blocks import SelectedBlocks
from spectra_dl.expression.estimators.network import NetworkExpression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.features.recipe import FeatureRecipe

MODELS = {
    "ridge, colour and texture": SelectedBlocks(RidgeExpression(surroundings=False), (0,)),
    "ridge, all features": RidgeExpression(),
    "PLS, all features": PlsExpression(),
    "network context, mse": NetworkExpression("context"),
    "network linear, mse": NetworkExpression("linear"),
}


def main() -> None:
    """Print each model's mean correlation on B4, and its share of the noise ceiling there."""
    usual = Path(__file__).resolve().parents[3] / "shared" / "data" / "st" / "her2st"
    counts = (Path(sys.argv[1]) if len(sys.argv) > 1 else usual) / "counts"
    names = ("C2", "C3", "C4", "C5", "B4")
    recipe = FeatureRecipe(tuple(sys.argv[2:]) or ("colour-texture", "efficientnet-lite0"))
    sources = [SectionSource(counts / f"{name}.tsv.gz", name, name[0]) for name in names]
    cohort = expression_cohort([read_section(one) for one in sources], recipe)
    spots = cohort.spots
    train, test = np.flatnonzero(spots.patient == "C"), np.flatnonzero(spots.patient == "B")
    panel = PanelTargets(cohort, PanelSettings()).fit(train)
    learned, measured = panel.values(train), panel.values(test)
    ceiling = float(known_mean(panel.ceiling(test)))
    print(f"{' and '.join(recipe.encoders)}: {len(panel.names)} genes, noise ceiling on B4 {ceiling:.3f}")
    for name, model in MODELS.items():
        predicted = model.fit(spots[train], learned, spots.section[train]).predict(spots[test])
        reached = float(known_mean(skill_per_column(predicted, measured).pearson))
        print(f"{name:<28} r {reached:.3f}  {100 * reached / ceiling:.0f} % of the ceiling", flush=True)


if __name__ == "__main__":
    main()
