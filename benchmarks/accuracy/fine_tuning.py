"""EfficientNet-Lite0 fine-tuned end to end on her2st: each of C2 to C5 left out once, and trained on all four, tested on B4.

Run: ``python benchmarks/accuracy/fine_tuning.py [FOLDER]``; FOLDER holds her2st (default ../shared/data/st/her2st). Half an hour on two cores.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from pathlib import Path

import numpy as np

from spectra_dl.evaluation.profiles.metrics import skill_per_column
from spectra_dl.evaluation.profiles.units import known_mean
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.estimators.feature_blocks import SelectedBlocks
from spectra_dl.expression.estimators.fine_tuned import FineTunedExpression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.study.evaluate import REFERENCE, evaluate_study
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.imaging.encoders.registry import RAW_TILES
from spectra_dl.imaging.features.recipe import FeatureRecipe

MODELS = {
    "network fine-tuned, mse": SelectedBlocks(FineTunedExpression(), (0,)),
    REFERENCE: SelectedBlocks(RidgeExpression(surroundings=False), (1,)),
}


def main() -> None:
    """Print both models' mean correlation within patient C and on patient B."""
    usual = Path(__file__).resolve().parents[3] / "shared" / "data" / "st" / "her2st"
    counts = (Path(sys.argv[1]) if len(sys.argv) > 1 else usual) / "counts"
    sources = [
        SectionSource(counts / f"{name}.tsv.gz", name, name[0]) for name in ("C2", "C3", "C4", "C5", "B4")
    ]
    recipe = FeatureRecipe((RAW_TILES, "colour-texture"), (112.0,))
    sections = [read_section(one) for one in sources]
    cohort = expression_cohort(sections, recipe)
    train, test = (np.flatnonzero(cohort.spots.patient == name) for name in "CB")
    panel = PanelTargets(cohort, PanelSettings()).fit(train)
    for name, model in MODELS.items():
        fitted = model.fit(cohort.spots[train], panel.values(train), cohort.spots.section[train])
        skill = skill_per_column(fitted.predict(cohort.spots[test]), panel.values(test))
        print(f"C to B4: {name:<28} r {float(known_mean(skill.pearson)):.3f}", flush=True)
    settings = ExpressionStudySettings(model="fine-tuned", tile_um=recipe.sizes_um, group="section")
    evaluation = evaluate_study(
        [section for section in sections if section.patient == "C"],
        settings,
        compared=False,
    ).evaluation
    for name, result in evaluation.models.items():
        pearson = result.pearson
        print(f"C2 to C5: {name:<28} r {pearson.value:.3f} [{pearson.low:.3f}, {pearson.high:.3f}]")
    for difference in evaluation.differences:
        print(
            f"{difference.model} minus {difference.reference}: {difference.interval.value:+.3f} [{difference.interval.low:+.3f}, {difference.interval.high:+.3f}]"
        )


if __name__ == "__main__":
    main()
