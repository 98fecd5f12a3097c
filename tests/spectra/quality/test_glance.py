"""The first look in machine code changes no verdict, and clears what is ordinary."""

from collections.abc import Callable

import numpy as np
import pytest

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.cosmic_rays import without_rays
from spectra_dl.spectra.quality import shapes
from spectra_dl.spectra.quality.glance import may_be_faulty
from spectra_dl.spectra.quality.joints import find_joints
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

LIMITS = {"least_correlation": 0.5, "least_skewness": -0.5, "plateau": 3, "most_negative": 0.95}


@pytest.fixture(scope="module")
def spectra() -> FloatArray:
    return simulate_study(StudySettings(patients=60, seed=5)).table.intensity


def _steps(spectra: FloatArray, generator: np.random.Generator) -> FloatArray:
    stepped = spectra.copy()
    noise = np.std(np.diff(spectra, n=2, axis=1), axis=1) / 6**0.5
    at = generator.integers(20, spectra.shape[1] - 20, len(spectra))
    for row, place in enumerate(at):
        stepped[row, place:] += generator.choice([4, 8, 20, 100]) * noise[row]
    return stepped


def _rays(spectra: FloatArray, generator: np.random.Generator) -> FloatArray:
    hit = spectra.copy()
    for row in hit:
        row[generator.integers(5, row.size - 5, generator.integers(0, 12))] += row.max()
    return hit


KINDS: dict[str, Callable[[FloatArray, np.random.Generator], FloatArray]] = {
    "as measured": lambda spectra, _: spectra,
    "stepped": _steps,
    "hit by rays": _rays,
    "upside down": lambda spectra, _: -spectra,
    "lowered": lambda spectra, draw: spectra - draw.uniform(0, 1.2, (len(spectra), 1)) * spectra.max(axis=1)[:, None],
    "noisy": lambda spectra, draw: spectra + draw.uniform(0, 2, (len(spectra), 1)) * draw.normal(0, spectra.std(), spectra.shape),
    "clipped": lambda spectra, draw: np.minimum(spectra, np.quantile(spectra, 0.99, axis=1)[:, None]),
    "clipped over three points": lambda spectra, _: np.minimum(spectra, np.sort(spectra, axis=1)[:, -3:-2]),
    "rounded": lambda spectra, draw: np.round(spectra / draw.choice([1.0, 50.0, 400.0], (len(spectra), 1))),
    "out of order": lambda spectra, draw: draw.permuted(spectra, axis=1),
    "of 41 points": lambda spectra, _: spectra[:, 300:341],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_verdict_depends_on_the_first_look(
    kind: str, spectra: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = KINDS[kind](spectra, np.random.default_rng(1))
    wavenumber = np.arange(given.shape[1], dtype=np.float64)
    assert len(given) >= shapes.FEWEST_FOR_GLANCE
    looked = shapes.shape_verdicts(given, wavenumber, ())
    monkeypatch.setattr(shapes, "FEWEST_FOR_GLANCE", len(given) + 1)
    assert looked == shapes.shape_verdicts(given, wavenumber, ())


def test_most_ordinary_spectra_need_no_close_look(spectra: FloatArray) -> None:
    assert may_be_faulty(without_rays(spectra)[0], **LIMITS).mean() < 0.4


def test_a_spectrum_with_a_joint_is_looked_at_closely(spectra: FloatArray) -> None:
    stepped = _steps(without_rays(spectra)[0], np.random.default_rng(2))
    with_joint = np.array([bool(joints) for joints in find_joints(stepped)])
    assert with_joint.mean() > 0.2
    assert may_be_faulty(stepped, **LIMITS)[with_joint].all()


def test_what_is_seen_of_a_spectrum_does_not_depend_on_those_beside_it(spectra: FloatArray) -> None:
    given = _steps(spectra, np.random.default_rng(3))
    alone = [may_be_faulty(row[np.newaxis], **LIMITS)[0] for row in given[:40]]
    assert alone == may_be_faulty(given, **LIMITS)[:40].tolist()
    assert len(may_be_faulty(given[:0], **LIMITS)) == 0
