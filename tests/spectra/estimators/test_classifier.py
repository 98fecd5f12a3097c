"""The ensemble: trained by patient, the same bytes for the same seed, whole through a file."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from spectra_dl.errors import DataError, ModelFileError, UsageError
from spectra_dl.models.file import read_model_file, save_model
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.input_part import SpectraInput
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import EMSC, Crop, Normalise
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("classifier")
SETTINGS = StudySettings(patients=40, spectra_per_patient=2, n_wavenumbers=200, distance=6.0, seed=5)


@pytest.fixture(scope="module")
def table():
    return simulate_study(SETTINGS).table


def untrained(table, **changes):
    return SpectraClassifier(
        table.wavenumber, members=2, training=TrainingSettings(epochs=8, device="cpu"), **changes
    )


@pytest.fixture(scope="module")
def fitted(table):
    return untrained(table).fit(table.intensity, table.label, groups=table.patient)


def test_it_learns_what_can_be_learnt(table, fitted):
    other = simulate_study(SETTINGS.__class__(**{**SETTINGS.__dict__, "seed": 6})).table
    score = fitted.predict_proba(other.intensity)[:, list(fitted.classes_).index("bone metastasis")]
    assert roc_auc_score(other.label == "bone metastasis", score) > 0.9


def test_it_is_an_estimator_of_scikit_learn(table, fitted):
    copy = clone(fitted)
    assert copy.get_params()["members"] == 2
    assert copy.smaller() is copy
    large = clone(copy).set_params(members=10)
    assert large.smaller().members == 5
    assert repr(large.smaller().set_params(members=10)) == repr(large)
    assert not hasattr(copy, "predictor_")
    assert set(fitted.predict(table.intensity)) <= set(fitted.classes_)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(table, fitted, tmp_path):
    fitted.predictor_.save(tmp_path / "a")
    untrained(table).fit(table.intensity, table.label, groups=table.patient).predictor_.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    other = untrained(table, seed=1).fit(table.intensity, table.label, groups=table.patient)
    assert not np.array_equal(other.out_of_fold_logits_, fitted.out_of_fold_logits_)


def test_a_saved_model_gives_the_same_probabilities(table, fitted, tmp_path):
    fitted.predictor_.save(tmp_path / "model.safetensors")
    loaded = SpectraPredictor.load(tmp_path / "model.safetensors")
    before, after = (one.predict(table)[0].probability for one in (fitted.predictor_, loaded))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_allclose(before, fitted.predict_proba(table.intensity), atol=1e-12)


def test_a_copy_in_another_process_is_what_the_file_would_give(table, fitted, tmp_path):
    copied = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - written one line above
    np.testing.assert_array_equal(
        copied.predict_proba(table.intensity), fitted.predict_proba(table.intensity)
    )
    fitted.predictor_.save(tmp_path / "a")
    copied.predictor_.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_batch_size_changes_no_probability(table, fitted, size):
    whole = fitted.predictor_.predict(table)[0].probability
    np.testing.assert_allclose(
        fitted.predictor_.predict(table, batch_size=size)[0].probability, whole, atol=1e-12
    )


def test_a_spectrums_probability_does_not_depend_on_its_neighbours(table, fitted):
    whole = fitted.predictor_.predict(table)[0].probability
    alone = [fitted.predictor_.predict(table.select([row]))[0].probability[0] for row in (0, 17, 79)]
    np.testing.assert_allclose(alone, whole[[0, 17, 79]], atol=1e-12)


def test_what_is_held_out_does_not_change_a_member(table, fitted):
    """Other spectra of the patients that a member never saw leave what it has learnt as it is."""
    from spectra_dl.evaluation.folds.splits import patient_folds

    held_out = patient_folds(list(table.patient), list(table.label), folds=2, repeats=1, seed=0)[0].test
    changed = table.intensity.copy()
    changed[held_out] = changed[held_out][:, ::-1]
    again = untrained(table).fit(changed, table.label, groups=table.patient)
    weights = [one.predictor_.networks[0].state_dict() for one in (fitted, again)]
    # How much each part counts is learnt from the patients that members never saw; the parts are not.
    trained = [name for name in weights[0] if not name.startswith(("linear", "hidden.4"))]
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in trained)


def test_a_fitted_reference_is_stored_for_each_member(table, tmp_path):
    steps = Preprocessing((EMSC(), Normalise("snv")))
    model = untrained(table, preprocessing=steps).fit(table.intensity, table.label, groups=table.patient)
    assert len(model.predictor_.header.input.preprocessing) == 3  # two members, and MiniRocket beside them
    model.predictor_.save(tmp_path / "model.safetensors")
    loaded = SpectraPredictor.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(
        loaded.predict(table)[0].probability, model.predictor_.predict(table)[0].probability
    )


def test_training_spectra_are_known_again_and_others_are_not(table, fitted):
    assert fitted.predictor_.seen_in_training(table.select([3, 4])) == 2
    assert fitted.predictor_.seen_in_training(simulate_study(StudySettings(patients=4, seed=9)).table) == 0


def test_an_axis_that_falls_short_is_refused_whatever_the_spectra_are(table, fitted):
    short = table.points(table.wavenumber > 600)
    empty = replace(short, intensity=np.full_like(short.intensity, np.nan))
    for spectra in (short, empty):
        with pytest.raises(DataError, match=r"\(low end\)\. Measure the whole range"):
            fitted.predictor_.predict(spectra)


def test_training_spectra_are_known_again_by_the_part_that_a_crop_keeps(table):
    steps = Preprocessing((Crop(600, 1500), Normalise("snv")))
    model = untrained(table, preprocessing=steps).fit(table.intensity, table.label, groups=table.patient)
    part = table.points((table.wavenumber >= 600) & (table.wavenumber <= 1500))
    assert model.predictor_.seen_in_training(table) == model.predictor_.seen_in_training(part) == len(table)
    assert model.predictor_.seen_in_training(part.points(slice(1, None))) == 0


def test_the_laser_that_all_training_spectra_state_stands_in_the_model(table, fitted):
    stated = replace(table, metadata={**table.metadata, "laser_nm": ["785"] * len(table)})
    model = untrained(table).fit(stated, table.label, groups=table.patient)
    assert model.predictor_.header.input.axis.laser_nm == 785
    assert fitted.predictor_.header.input.axis.laser_nm is None


def test_spectra_of_another_kind_are_warned_of(table, fitted):
    noise = np.random.default_rng(0).normal(size=(10, 200)).cumsum(axis=1) * 500 + 20_000
    strange = type(table)(noise, table.wavenumber, [f"x{row}" for row in range(10)])
    spectra, _ = fitted.predictor_.predict(strange)
    assert all(status in ("warned", "refused") for status in spectra.status)


def test_more_than_two_classes(table):
    label = np.array([["a", "b", "c"][int(name[1:]) % 3] for name in table.patient], dtype=object)
    model = untrained(table).fit(table.intensity, label, groups=table.patient)
    probability = model.predict_proba(table.intensity)
    assert probability.shape == (80, 3)
    np.testing.assert_allclose(probability.sum(axis=1), 1)


def test_without_patients_it_refuses(table):
    with pytest.raises(DataError, match="groups=patients"):
        untrained(table).fit(table.intensity, table.label)


def test_a_positive_class_that_is_none_is_refused_before_any_training(table):
    model = SpectraClassifier(table.wavenumber, positive="nobody", training=TrainingSettings(epochs=10**6))
    with pytest.raises(UsageError, match="nobody"):
        model.fit(table.intensity, table.label, groups=table.patient)


def test_a_long_source_and_a_foreign_column_of_digests_do_no_harm(table):
    from dataclasses import replace

    from spectra_dl.arrays import text_array
    from spectra_dl.spectra.estimators.assembly import Provenance
    from spectra_dl.spectra.table import MEASURED, spectrum_hashes

    foreign = replace(table, metadata={MEASURED: text_array(["not a digest"] * len(table))})
    source = Provenance("x" * 5000, notes=("y" * 5000,), spectrum_hashes=tuple(spectrum_hashes(foreign)))
    model = untrained(table).fit(table.intensity, table.label, groups=table.patient, provenance=source)
    assert model.predictor_.seen_in_training(table) == len(table)


def test_one_member_is_refused(table):
    with pytest.raises(UsageError, match="at least 2"):
        SpectraClassifier(table.wavenumber, members=1).fit(table.intensity, table.label, groups=table.patient)


@pytest.mark.parametrize("change", ["missing", "extra", "shape"])
def test_missing_extra_and_mis_shaped_tensors_are_refused(fitted, tmp_path, change):
    from spectra_dl.models.file import weights_sha256

    fitted.predictor_.save(tmp_path / "model.safetensors")
    file = read_model_file(tmp_path / "model.safetensors")
    header, tensors = file.header(SpectraInput), file.tensors
    name = "member0.linear.weight"
    if change == "missing":
        del tensors[name]
    elif change == "extra":
        tensors["other"] = np.zeros(3, dtype=np.float32)
    else:
        tensors[name] = tensors[name][:, :-1]
    changed = header.model_copy(update={"weights_sha256": weights_sha256(tensors)})
    save_model(tmp_path / "changed.safetensors", changed, tensors)
    with pytest.raises(ModelFileError, match="tensors"):
        SpectraPredictor.load(tmp_path / "changed.safetensors")
