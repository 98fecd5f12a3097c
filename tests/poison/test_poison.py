"""Garbage in the test patients' rows changes nothing that is fitted: no parameter, threshold, limit, panel or choice."""

import hashlib
from dataclasses import fields, is_dataclass, replace
from functools import partial

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix, issparse

from example_sections import write_study
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.task import prepare_task
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.folds.engine import fold_jobs
from spectra_dl.evaluation.folds.leave_out_splits import left_out_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.registry import MODEL_NAMES, build_model
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.sheet import sheet_sources
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.spectra.cohort import labelled_cohort
from spectra_dl.spectra.networks import NETWORK_NAMES
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import EMSC
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.study.evaluate import study_models
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("poison")
NOT_FITTED = {"memory", "seconds"}


def add(digest, value, seen):
    """Add everything that a fitted object holds to a digest."""
    if id(value) in seen:
        return
    if isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, torch.nn.Module):
        add(digest, {name: tensor.numpy() for name, tensor in value.state_dict().items()}, seen)
    elif isinstance(value, torch.Tensor):
        add(digest, value.detach().numpy(), seen)
    elif issparse(value):
        add(digest, [value.indptr, value.indices, value.data], seen)
    elif value is None or isinstance(value, str | bytes | int | float | complex | np.generic | type):
        digest.update(repr(value).encode())
    elif isinstance(value, dict):
        for name in sorted(value, key=repr):
            if name not in NOT_FITTED:
                digest.update(repr(name).encode())
                add(digest, value[name], seen)
    elif isinstance(value, list | tuple | set | frozenset | np.ndarray):
        for one in sorted(value, key=repr) if isinstance(value, set | frozenset) else value:
            add(digest, one, seen)
    elif isinstance(value, partial) or (callable(value) and not hasattr(value, "fit")):
        digest.update(getattr(value, "__qualname__", type(value).__name__).encode())
    else:
        digest.update(type(value).__name__.encode())
        held = {each.name: getattr(value, each.name) for each in fields(value)} if is_dataclass(value) else {}
        held |= getattr(value, "__dict__", {}) or (value.__getstate__() if not held else {}) or {}
        add(digest, held if isinstance(held, dict) else list(held), seen | {id(value)})


def state(*values):
    digest = hashlib.sha256()
    add(digest, values, frozenset())
    return digest.hexdigest()


def seen_of(name, fold, fitted):
    return state(fitted)


def test_the_digest_sees_one_changed_number_in_a_forest_and_in_a_network():
    from sklearn.ensemble import RandomForestClassifier

    rows, label = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 2
    forest = [RandomForestClassifier(3, random_state=0).fit(rows + shift, label) for shift in (0.0, 0.0, 1.0)]
    assert state(forest[0]) == state(forest[1]) != state(forest[2])
    layer = torch.nn.Linear(3, 2)
    before = state([layer])
    with torch.no_grad():
        layer.weight[0, 0] += 1e-6
    assert state([layer]) != before


# ---------------------------------------------------------------- spectra


@pytest.fixture(scope="module")
def spectra():
    """Return a clean cohort and the same with garbage in the rows that the first fold tests, with its task."""
    table = simulate_study(StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=200, seed=3)).table
    cohort = labelled_cohort(table)
    settings = EvaluationSettings(folds=3, resamples=100, leaky=False)
    task = prepare_task(len(cohort.label), read_patients(cohort.patient, cohort.label), settings, None)
    intensity = cohort.table.intensity.copy()
    test = task.folds[0].test
    intensity[test] = np.random.default_rng(1).lognormal(12, 3, size=intensity[test].shape)
    return cohort.table, replace(cohort.table, intensity=intensity), task


CASES = {
    "default": {},
    "tuned": {"tune": True, "classical": ("logistic regression", "PLS-DA"), "networks": ()},
    "emsc": {
        "preprocessing": Preprocessing((EMSC(),)),
        "networks": (),
        "classical": ("logistic regression",),
    },
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_fitted_on_spectra_knows_the_test_patients(spectra, case):
    clean, poisoned, task = spectra
    settings = SpectraStudySettings(
        **{
            "networks": NETWORK_NAMES,
            "members": 2,
            "training": TrainingSettings(epochs=1),
            **CASES[case],
        }
    )
    outcomes = []
    for table in (clean, poisoned):
        entries = study_models(table, settings)
        jobs = [fold_jobs(entry, table, task, task.folds[:1], observers=[seen_of])[0] for entry in entries]
        outcomes.append({job.entry.name: job.run() for job in jobs})
    different, deciding = 0, 0
    for name, before in outcomes[0].items():
        after = outcomes[1][name]
        assert after.observed == before.observed, name
        assert state(after.learned) == state(before.learned), name
        assert state(after.chosen) == state(before.chosen), name
        different += not np.array_equal(after.predicted, before.predicted)
        deciding += bool(np.ptp(before.predicted, axis=0).any())
    assert different >= deciding > 0  # the garbage is seen: all that tell rows apart predict otherwise


# ---------------------------------------------------------------- expression


@pytest.fixture(scope="module")
def expression(tmp_path_factory):
    """Return a cohort and the same with garbage in the section that the first fold tests, with the folds."""
    sheet = write_study(tmp_path_factory.mktemp("study"))
    settings = ExpressionStudySettings(model="ridge", genes=5, encoders=("colour-texture",), tile_um=(112.0,))
    sections = [read_section(source) for source in sheet_sources(sheet)]
    cohort = expression_cohort(sections, settings.recipe())
    folds = left_out_folds(cohort.spots.section, cohort.spots.patient, group="section")
    generator, test = np.random.default_rng(2), folds[0].test
    features = cohort.spots.features.copy()
    features[test] = generator.normal(50, 90, size=features[test].shape)
    counts = cohort.counts.toarray()
    counts[test] = generator.poisson(40, size=counts[test].shape) * generator.integers(
        0, 9, size=counts.shape[1]
    )
    library = cohort.spots.library.copy()
    library[test] = counts[test].sum(axis=1) + 1.0
    spots = replace(cohort.spots, features=features, library=library)
    return settings, folds, cohort, replace(cohort, spots=spots, counts=csr_matrix(counts.astype(float)))


@pytest.mark.parametrize("name", [name for name in MODEL_NAMES if name != "fine-tuned"])
def test_nothing_fitted_on_sections_knows_the_tested_section(expression, name):
    settings, folds, *cohorts = expression
    train, panels, fitted = folds[0].train, [], []
    for cohort in cohorts:
        chosen = PanelTargets(cohort, settings.panel_settings()).fit(train)
        panels.append(state([chosen.names, chosen.values(train)]))
        model = build_model(name, seed=4)
        if "epochs" in model.get_params():
            model.set_params(epochs=1)
        entry = ModelEntry(name, model)
        fitted.append(
            state(
                fit_copy(
                    entry.estimator, cohort.spots[train], chosen.values(train), cohort.spots.section[train]
                )
            )
        )
    assert panels[0] == panels[1]
    assert fitted[0] == fitted[1]
