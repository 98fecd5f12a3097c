"""The recipes of CONTRIBUTING.md, followed with a tiny example through the real pipeline."""

import re
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import spectra_dl as sdl
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.training import TrainingRequest, train_predictor
from spectra_dl.imaging.encoders import registry
from spectra_dl.imaging.features.recipe import FeatureRecipe
from spectra_dl.spectra import networks
from spectra_dl.spectra.networks import NetworkCard
from spectra_dl.spectra.preprocessing.scaling import Normalise
from spectra_dl.spectra.preprocessing.step import Stage, StatelessStep, StepResult
from spectra_dl.spectra.preprocessing.steps import STEPS
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

BRIEF = sdl.TrainingSettings(epochs=2)


@pytest.fixture(scope="module")
def table():
    """Simulated spectra of eight patients, two each."""
    return simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=64)).table


def trained_and_loaded(table, path, **choices):
    """Train a classifier, save it, and return it with what its file holds."""
    model = sdl.SpectraClassifier(table.wavenumber, members=2, training=BRIEF, **choices)
    model.fit(table.intensity, table.label, groups=table.patient)
    model.predictor_.save(path)
    return model.predictor_, sdl.load_model(path)


def test_every_file_that_the_recipes_name_is_there(repository):
    text = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = set(re.findall(r"[\w./]+/[\w.]+\.(?:py|md)\b", text)) | set(re.findall(r"`((?:\w+/)+)`", text))
    assert len(paths) > 20
    missing = {path for path in paths if not list(repository.glob(f"**/{path}"))}
    assert missing == set()


@dataclass(frozen=True)
class Root(StatelessStep):
    """Take a root of every intensity, as a contributor might write it."""

    stage: ClassVar[Stage] = Stage.SMOOTH

    degree: int = 2

    def apply(self, intensity, wavenumber):
        return StepResult(np.abs(intensity) ** (1 / self.degree), wavenumber)


def test_a_step_works_once_it_is_in_the_registry(table, tmp_path, monkeypatch):
    with pytest.raises(sdl.UsageError, match="Root is not a step"):
        sdl.Preprocessing((Root(), Normalise()))
    monkeypatch.setitem(STEPS, "root", Root)
    steps = (Root(3), Normalise("vector"))
    before, after = trained_and_loaded(
        table, tmp_path / "model.safetensors", preprocessing=sdl.Preprocessing(steps)
    )
    assert after.preprocessing[0].steps == steps
    expected = np.cbrt(table.intensity)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(after.preprocessing[0].transform(table).matrix, expected, rtol=1e-6)
    np.testing.assert_array_equal(after.predict(table)[0].probability, before.predict(table)[0].probability)


def extend(monkeypatch, registry, name, entry):
    """Add an entry to a read-only registry, for one test, wherever a module has imported it."""
    extended = {**registry, name: entry}
    for module in [each for key, each in sys.modules.items() if key.startswith("spectra_dl")]:
        for attribute, value in list(vars(module).items()):
            if value is registry:
                monkeypatch.setattr(module, attribute, extended)


def linear_network():
    """Return the class of a network as a contributor might write it."""
    from torch import nn

    class Linear(nn.Module):
        def __init__(self, n_wavenumbers, n_classes):
            super().__init__()
            self.out = nn.Linear(n_wavenumbers, n_classes)

        def forward(self, spectra):
            return self.out(spectra)

    return Linear


def test_a_network_works_once_it_is_in_the_registry(table, tmp_path, monkeypatch):
    with pytest.raises(sdl.UsageError, match="no network is called 'straight'"):
        trained_and_loaded(table, tmp_path / "model.safetensors", network="straight")
    card = NetworkCard(linear_network, "One layer.", "this test")
    extend(monkeypatch, networks.NETWORKS, "straight", card)
    before, after = trained_and_loaded(table, tmp_path / "model.safetensors", network="straight")
    assert [type(member).__name__ for member in after.networks] == ["Linear", "Linear"]
    np.testing.assert_array_equal(after.predict(table)[0].probability, before.predict(table)[0].probability)


def mean_colours(tiles):
    """Return the mean colour of each tile, as a contributor's encoder might."""
    return np.array([tile.mean(axis=(0, 1)) for tile in tiles], dtype=np.float32)


def test_an_encoder_works_once_it_is_in_the_registry(tmp_path, monkeypatch):
    *training, left_out = [
        each.section for each in simulate_tissue(TissueSettings(patients=3, spots_per_side=5, genes=8))
    ]
    recipe = FeatureRecipe(("mean-colours",), (112.0,))
    with pytest.raises(sdl.UsageError, match="encoder 'mean-colours'"):
        expression_cohort(training, recipe)
    extend(
        monkeypatch,
        registry.ENCODERS,
        "mean-colours",
        lambda: registry.Encoder("mean-colours", 16, mean_colours),
    )
    cohort = expression_cohort(training, recipe)
    assert cohort.spots.features.shape == (len(cohort.spots), 3)
    targets, spots = PanelTargets(cohort, PanelSettings(4)), cohort.spots
    settings = ProfileSettings(resamples=100, shuffles=0, leaky=False)
    scores = sdl.evaluate_profiles(
        {"ridge": RidgeExpression()}, sdl.SectionRows(spots, spots.section, spots.patient), targets, settings
    )
    request = TrainingRequest(RidgeExpression(), cohort, targets, recipe, "simulated tissue", 0)
    before = train_predictor(request, scores)
    before.save(tmp_path / "model.safetensors")
    after = sdl.load_model(tmp_path / "model.safetensors")
    np.testing.assert_allclose(after.predict(left_out), before.predict(left_out), rtol=1e-5)
