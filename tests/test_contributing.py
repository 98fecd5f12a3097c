"""The recipes of CONTRIBUTING.md, followed with a tiny example through the real pipeline."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import spectra_dl as sdl
from spectra_dl.spectra.preprocessing.scaling import Normalise
from spectra_dl.spectra.preprocessing.step import NothingToLearn, Stage, StepResult
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
class Root(NothingToLearn):
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
