"""Models that share a memory repeat nothing, and say what they say without one."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.minirocket import MiniRocket
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.estimators.tuning_space import tuned_classical, without_baseline
from spectra_dl.spectra.preprocessing import cosmic_rays
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.preprocessing.steps import EMSC, Baseline, Crop, Normalise
from spectra_dl.spectra.study.evaluate import study_models
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("fold memory")

WAVENUMBER = np.linspace(600, 1700, 60)
LEARNING = Preprocessing((Crop(650, 1650), Baseline(), EMSC(order=1)))
QUICK = EvaluationSettings(folds=3, resamples=100, permutations=100, refits=39)
N_PATIENTS = 18
OUTER, INNER, INNER_OF_LEAKY = (
    3 + 3,
    3 * 3,
    3 * 3,
)  # sets of training rows: of folds and leaky folds, and within them


def study():
    """Return spectra in which classes differ a little, two for each patient, with labels and patients."""
    generator = np.random.default_rng(0)
    code = np.repeat(np.arange(N_PATIENTS) % 2, 2)
    band = np.exp(-(((WAVENUMBER - 1003) / 30) ** 2))
    rows = 100 + 0.02 * WAVENUMBER + (20 + 3 * code[:, None]) * band
    rows = rows + generator.normal(size=rows.shape)
    return (
        rows,
        np.array(["healthy", "sick"])[code],
        np.repeat([f"p{number}" for number in range(N_PATIENTS)], 2),
    )


def table_of(rows, wavenumber=None):
    wavenumber = np.arange(400.0, 400.0 + rows.shape[1]) if wavenumber is None else wavenumber
    return SpectraTable(rows, wavenumber, [str(row) for row in range(len(rows))])


def counted(monkeypatch, owner, name, what):
    """Let a method note ``what`` of its arguments before it does its work, and return the notes."""
    notes, real = [], getattr(owner, name)

    def noting(self, rows, **options):
        notes.append(what(rows))
        return real(self, rows, **options)

    monkeypatch.setattr(owner, name, noting)
    return notes


@pytest.fixture
def fits(monkeypatch):
    return counted(monkeypatch, Preprocessing, "fit", lambda table: table.intensity.tobytes())


def without_memory(models):
    """Return copies of models that fit, clean and transform everything anew."""
    copies = {name: clone(model) for name, model in models.items()}
    for model in copies.values():
        named = model.get_params()
        model.set_params(**{parameter: None for parameter in named if parameter.endswith("memory")})
        assert not any(isinstance(value, FoldMemory) for value in model.get_params().values())
    return copies


def all_models():
    """Return every classical model, with a forest of few trees."""
    models = classical_models(WAVENUMBER, LEARNING)
    models["random forest"].set_params(quickforest__n_estimators=5)
    return models


def probabilities(models):
    evaluation = evaluate(models, *study(), QUICK)
    return {name: result.probability.tobytes() for name, result in evaluation.models.items()}


def test_all_models_of_an_evaluation_share_one_fit_for_each_set_of_training_rows(fits):
    evaluate(all_models(), *study(), QUICK)
    assert len(fits) == len(set(fits))
    assert len(fits) == OUTER + INNER + INNER_OF_LEAKY


def test_without_a_memory_every_model_fits_for_itself(fits):
    evaluate(without_memory(all_models()), *study(), QUICK)
    # The SVM divides the training rows of leaky folds too; it and MiniRocket learn their probabilities themselves.
    assert len(fits) == 7 * OUTER + 5 * INNER + (INNER + INNER_OF_LEAKY)
    assert len(set(fits)) == OUTER + INNER + INNER_OF_LEAKY


def test_candidates_of_a_tuned_model_share_the_fits_of_all_models(fits):
    rows, label, patient = study()
    memory, bare = FoldMemory(), without_baseline(LEARNING)
    models = tuned_classical(
        classical_models(WAVENUMBER, LEARNING, memory=memory),
        classical_models(WAVENUMBER, bare, memory=memory),
        seed=0,
    )
    for name in ("PLS-DA", "PCA-LDA"):
        clone(models[name]).fit(rows, label, groups=patient)
    assert len(fits) == 2 * len(set(fits))  # with and without the baseline


@pytest.mark.parametrize("tune", [False, True])
def test_all_models_of_a_study_have_one_memory(tune):
    settings = SpectraStudySettings(networks=("compact", "lenet5"), tune=tune)
    entries = study_models(table_of(study()[0], WAVENUMBER), settings)
    estimators = [
        estimator
        for entry in entries
        for estimator in getattr(entry.estimator, "candidates", {"": entry.estimator}).values()
    ]
    memories = [
        value
        for estimator in estimators
        for value in estimator.get_params().values()
        if isinstance(value, FoldMemory)
    ]
    assert len(memories) >= len(estimators) >= len(entries)
    assert len(set(map(id, memories))) == 1


def test_networks_share_fits_and_cleaned_spectra_and_are_the_same_to_the_last_bit(
    fits, monkeypatch, tmp_path
):
    rows, label, patient = study()
    cleaned = counted(monkeypatch, FittedPreprocessing, "transform", len)

    def trained(memory, rate):
        training = TrainingSettings(epochs=2, learning_rate=rate, device="cpu")
        model = SpectraClassifier(
            WAVENUMBER, LEARNING, network="compact", members=2, training=training, memory=memory
        )
        model.fit(rows, label, groups=patient).predictor_.save(tmp_path / "model")
        return (tmp_path / "model").read_bytes()

    afresh = [trained(None, rate) for rate in (1e-3, 3e-3)]
    assert (len(fits), len(set(fits))) == (4, 2)
    assert sum(cleaned) == 2 * (2 + 1) * len(rows)  # by each member, and for the out-of-distribution limits
    fits.clear()
    cleaned.clear()
    memory = FoldMemory()
    assert [trained(memory, rate) for rate in (1e-3, 3e-3)] == afresh
    assert len(fits) == 2
    assert sum(cleaned) <= 2 * len(rows) + 2 * len(rows)


def test_minirocket_transforms_its_training_rows_once(monkeypatch):
    transformed = counted(monkeypatch, MiniRocket, "_transformed", len)
    models = classical_models(WAVENUMBER, LEARNING)
    evaluation = evaluate({"MiniRocket": models["MiniRocket"]}, *study(), QUICK)
    folds, n_rows = len(evaluation.folds), 2 * N_PATIENTS
    leaky_folds = 3
    assert sum(transformed) == (folds + leaky_folds) * n_rows  # training rows and test rows, each once


def four_models(memory):
    models = classical_models(WAVENUMBER, LEARNING, memory=memory)
    return {name: models[name] for name in ("logistic regression", "PLS-DA", "SVM", "MiniRocket")}


@pytest.fixture(scope="module")
def probabilities_afresh():
    """What the four models say without a memory."""
    return probabilities(without_memory(four_models(FoldMemory())))


@pytest.mark.parametrize("most_bytes", [0, 4_000, 100_000, 1 << 28])
def test_results_are_those_without_memory_to_the_last_bit_however_little_it_holds(
    most_bytes, probabilities_afresh
):
    memory = FoldMemory(most_bytes)
    assert probabilities(four_models(memory)) == probabilities_afresh
    assert memory.size <= most_bytes


def test_what_was_used_least_recently_is_dropped_first(monkeypatch):
    first, second, third = (table_of(np.random.default_rng(seed).normal(size=(10, 100))) for seed in range(3))
    fitted = Preprocessing((Normalise(),)).fit(first)
    expected = fitted.transform(first).matrix
    cleaned = counted(monkeypatch, FittedPreprocessing, "transform", len)
    memory = FoldMemory(17_100)  # two of the tables, 8 kB each with what Python needs
    for table in (first, second, first, third, first):
        memory.clean(table, fitted)
    assert cleaned == [10, 10, 10]
    memory.clean(second, fitted)
    assert cleaned == [10, 10, 10, 10]
    np.testing.assert_array_equal(memory.clean(first, fitted), expected)
    assert memory.size <= 17_100


def test_more_spectra_than_there_is_room_for_drive_nothing_out(monkeypatch):
    few, many = (table_of(np.random.default_rng(n).normal(size=(n, 100))) for n in (10, 100))
    fitted = Preprocessing((Normalise(),)).fit(few)
    memory = FoldMemory(20_000)
    memory.clean(few, fitted)
    expected = fitted.transform(many).matrix
    np.testing.assert_array_equal(memory.clean(many, fitted), expected)
    cleaned = counted(monkeypatch, FittedPreprocessing, "transform", len)
    memory.clean(few, fitted)
    assert cleaned == []


def test_a_flood_of_spectra_does_not_drive_fits_out(fits):
    training = table_of(np.random.default_rng(0).normal(size=(10, 100)))
    memory, steps = FoldMemory(100_000), Preprocessing((Normalise(),))
    fitted = memory.fit(steps, training)
    for seed in range(20):
        memory.clean(table_of(np.random.default_rng(seed).normal(size=(50, 100))), fitted)
    assert memory.fit(steps, training) is fitted
    assert len(fits) == 1


def test_only_spectra_not_seen_before_are_cleaned(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(12, 40))
    memory, fitted = FoldMemory(), Preprocessing((EMSC(),)).fit(table_of(rows))
    memory.clean(table_of(rows[:8]), fitted)
    expected = fitted.transform(table_of(rows[::-1])).matrix
    cleaned = counted(monkeypatch, FittedPreprocessing, "transform", len)
    np.testing.assert_array_equal(memory.clean(table_of(rows[::-1]), fitted), expected)
    assert cleaned == [4]


def test_no_spectra_are_cleaned_to_none():
    training = table_of(np.ones((2, 30)))
    memory = FoldMemory()
    assert memory.clean(training.select(np.arange(0)), memory.fit(Preprocessing(()), training)).shape == (
        0,
        30,
    )


def test_a_pickled_memory_arrives_empty_and_is_one_for_all_models_it_comes_with(fits):
    rows, label, _ = study()
    memory = FoldMemory(10_000_000)
    models = classical_models(WAVENUMBER, LEARNING, memory=memory)
    empty = len(pickle.dumps(models))
    clone(models["PLS-DA"]).fit(rows, label)
    assert memory.size > 0
    assert len(pickle.dumps(models)) == empty
    arrived = pickle.loads(pickle.dumps(models))  # noqa: S301 - made here
    memories = [
        value
        for model in arrived.values()
        for value in model.get_params().values()
        if isinstance(value, FoldMemory)
    ]
    assert len(set(map(id, memories))) == 1
    assert (memories[0].size, memories[0].most_bytes) == (0, 10_000_000)
    fits.clear()
    for name in ("PLS-DA", "PCA-LDA"):
        clone(arrived[name]).fit(rows, label)
    assert len(fits) == 1


def test_what_a_caller_does_to_its_arrays_changes_no_later_result():
    rows, memory = study()[0], FoldMemory()
    table = table_of(rows, WAVENUMBER)
    fitted = memory.fit(LEARNING, table)
    expected = memory.clean(table, fitted).copy()
    features = MiniRocket(840, memory=memory).fit(expected)
    expected_features = features.transform(expected).copy()
    for _ in range(2):  # the one who computed them, and one who is given them
        memory.clean(table, fitted)[:] = 7
        features.transform(expected)[:] = 7
        with pytest.raises(ValueError, match="read-only"):
            memory.fit(LEARNING, table).axis[0] = 7
    np.testing.assert_array_equal(memory.clean(table, fitted), expected)
    np.testing.assert_array_equal(features.transform(expected), expected_features)
    rows[0] = 0  # nor what it does to its own rows
    np.testing.assert_array_equal(memory.clean(table_of(rows, WAVENUMBER), fitted)[1:], expected[1:])


def test_features_of_other_thresholds_are_not_mixed_up():
    rows = np.random.default_rng(0).normal(size=(20, 40))
    memory = FoldMemory()
    for seed in (0, 1, 0):
        remembered = MiniRocket(840, seed, memory).fit(rows).transform(rows)
        afresh = MiniRocket(840, seed).fit(rows).transform(rows)
        assert remembered.tobytes("A") == afresh.tobytes("A")
        assert remembered.flags.f_contiguous == afresh.flags.f_contiguous


@st.composite
def training_tables(draw):
    """Draw a table of a few values of which many are equal, in one of several shapes, on one of two axes."""
    shape = draw(st.sampled_from([(2, 6), (3, 4), (4, 3), (6, 2)]))
    values = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, -0.0, 1.0, 2.0])))
    start = draw(st.sampled_from([400.0, 500.0]))
    return table_of(values, np.arange(start, start + shape[1]))


@given(first=training_tables(), second=training_tables(), steps=st.permutations([EMSC(0), Normalise()]))
def test_different_training_sets_never_share_a_fit(first, second, steps):
    memory = FoldMemory()
    fitted = [memory.fit(Preprocessing((step,)), table) for step in steps for table in (first, second)]
    afresh = [Preprocessing((step,)).fit(table) for step in steps for table in (first, second)]
    assert [each.to_json() for each in fitted] == [each.to_json() for each in afresh]
    same = (
        first.intensity.shape == second.intensity.shape
        and first.intensity.tobytes() == second.intensity.tobytes()
        and np.array_equal(first.wavenumber, second.wavenumber)
    )
    assert (fitted[0] is fitted[1]) == (fitted[2] is fitted[3]) == same
    assert not {id(each) for each in fitted[:2]} & {id(each) for each in fitted[2:]}


def test_a_change_of_a_test_row_reaches_no_fit():
    rows, _, _ = study()
    changed = rows.copy()
    changed[20:] *= 3
    memory = FoldMemory()
    results = []
    for values in (rows, changed):
        cleaner = SpectraPreprocessor(WAVENUMBER, LEARNING, memory).fit(values[:20])
        cleaner.transform(values[20:])
        results.append(cleaner.fitted_)
    assert results[0] is results[1]


def with_rays(seed=3, spectra=40, points=200):
    """Return spectra with rays here and there, and a narrow band that all have."""
    generator = np.random.default_rng(seed)
    rows = 100 + generator.normal(size=(spectra, points)).cumsum(axis=1) * 0.05
    rows += generator.normal(size=rows.shape)
    rows[:, 120:122] += 40.0
    rows[np.arange(spectra), generator.integers(5, points - 5, spectra)] += 60.0
    return rows


def test_fits_on_other_rows_search_no_row_for_rays_again_and_learn_the_same(monkeypatch):
    rows, steps, memory = with_rays(), Preprocessing((Despike(), Baseline(), EMSC(order=1))), FoldMemory()
    folds = [np.delete(np.arange(40), np.s_[start::5]) for start in range(5)]
    alone = [steps.fit(table_of(rows[fold])) for fold in folds]
    looked_at = []
    real = cosmic_rays._mark_rays

    def noting(rays, intensity, threshold, clearance, kept):
        if clearance is cosmic_rays._SUSPECT:
            looked_at.extend(row.tobytes() for row in intensity)
        real(rays, intensity, threshold, clearance, kept)

    monkeypatch.setattr(cosmic_rays, "_mark_rays", noting)
    shared = [memory.fit(steps, table_of(rows[fold])) for fold in folds]
    assert len(looked_at) == len(set(looked_at)) == 40
    assert any(each.steps[0].places for each in shared)
    for one, other in zip(alone, shared, strict=True):
        assert one.to_json() == other.to_json()


def test_too_few_points_for_rays_are_refused_as_without_memory():
    with pytest.raises(DataError, match="5 points"):
        FoldMemory().fit(Preprocessing((Despike(),)), table_of(np.ones((3, 4))))
