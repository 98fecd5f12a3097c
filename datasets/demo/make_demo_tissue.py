"""Write ``tissue/``: two simulated tissue sections, and a small model trained on four others of the same study.

Run from the repository's top folder: ``python datasets/demo/make_demo_tissue.py``. The same machine gives the same bytes.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

from pathlib import Path

from spectra_dl.evaluation.profiles.harness import SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.training import TrainingRequest, train_predictor
from spectra_dl.imaging.features.recipe import FeatureRecipe
from spectra_dl.storage.atomic import write_text

STUDY = TissueSettings(patients=6, spots_per_side=10, genes=24, seed=20_001)
TRAINED_ON = 4
FOLDER = Path(__file__).with_name("tissue")
SOURCE = "simulated tissue: it knows nothing of real patients and serves to try the program"


def demo_sections() -> tuple[list[TissueSection], list[TissueSection]]:
    """Return the sections the model is trained on, and those of the demonstration, of other patients."""
    sections = [drawn.section for drawn in simulate_tissue(STUDY)]
    return sections[:TRAINED_ON], sections[TRAINED_ON:]


def demo_model(sections: list[TissueSection]) -> ExpressionPredictor:
    """Return ridge regression on colour and texture, with the scores of each left-out patient."""
    recipe, model = FeatureRecipe(), RidgeExpression()
    cohort = expression_cohort(sections, recipe)
    targets = PanelTargets(cohort, PanelSettings(STUDY.genes))
    spots = cohort.spots
    evaluation = evaluate_profiles(
        {"ridge": model},
        SectionRows(spots, spots.section, spots.patient, spots.position_um),
        targets,
        ProfileSettings(leaky=False, shuffles=0),
    )
    return train_predictor(TrainingRequest(model, cohort, targets, recipe, SOURCE, STUDY.seed), evaluation)


def main() -> None:
    """Write the sections, their sheet and the model."""
    FOLDER.mkdir(exist_ok=True)
    training, demonstration = demo_sections()
    lines = ["path,patient,section"]
    for section in demonstration:
        path = write_legacy_st(FOLDER, section)
        lines.append(f"{path.name},{section.patient},{section.name}")
    write_text(FOLDER / "sections.csv", "\n".join([*lines, ""]))
    path = FOLDER / "model.safetensors"
    sha256 = demo_model(training).save(path)
    print(f"{path.name}: {path.stat().st_size} bytes, sha256 {sha256}")


if __name__ == "__main__":
    main()
