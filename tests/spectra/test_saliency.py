"""Saliency: the axioms of integrated gradients, the truth of a simulated study, and what folds must agree on."""

import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import EMSC, Normalise
from spectra_dl.spectra.saliency import SaliencyObserver, saliency_of
from spectra_dl.spectra.saliency.attributions import STEPS, attributions
from spectra_dl.spectra.simulation.serum_bands import SERUM_BANDS
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("saliency")
STUDY = simulate_study(StudySettings(patients=60, n_wavenumbers=300, distance=4.0, seed=1))
TABLE = STUDY.table
FOLDS = patient_folds(list(TABLE.patient), list(TABLE.label), folds=3)


def trained(rows, label=TABLE.label, preprocessing=None):
    model = SpectraClassifier(
        TABLE.wavenumber,
        preprocessing,
        network="compact",
        members=2,
        training=TrainingSettings(epochs=12, device="cpu"),
    )
    return model.fit(TABLE.intensity[rows], label[rows], groups=TABLE.patient[rows])


def collected(label, models):
    return seen(label, zip(FOLDS, models, strict=True))


def seen(label, fitted, names=None):
    """Return the saliency of models fitted in folds."""
    observer = SaliencyObserver(TABLE, label)
    observations = []
    for number, (fold, model) in enumerate(fitted):
        name = names[number] if names else "CNN compact"
        value = observer(name, fold, model)
        observations += [] if value is None else [Observation(name, fold, value)]
    return saliency_of(observations)


@pytest.fixture(scope="module")
def models():
    return [trained(fold.train) for fold in FOLDS]


@pytest.fixture(scope="module")
def found(models):
    return collected(TABLE.label, models)


def assert_sums_to_the_gain_of_the_logit(predictor, fold):
    import torch

    test, training = TABLE.select(fold.test[:20]), TABLE.select(fold.train)
    _, found = attributions(predictor, test, training, [1])
    gain = np.zeros(20)
    for member, network in enumerate(predictor.networks):
        steps = predictor.preprocessing[predictor.header.input.preprocessing_of_member[member]]
        start = steps.transform(training).matrix.mean(axis=0, dtype=np.float64)
        rows = np.vstack([start, steps.transform(test).matrix])
        logits = network(torch.from_numpy(rows)).detach().numpy()
        score = logits[:, 1] - logits[:, 0]
        gain += (score[1:] - score[0]) / len(predictor.networks)
    np.testing.assert_allclose(found[0].sum(axis=1), gain, atol=1e-3 * np.abs(gain).max())


def test_attributions_sum_to_what_the_logit_gains(models):
    assert_sums_to_the_gain_of_the_logit(models[0].predictor_, FOLDS[0])


def test_spectra_that_were_cleaned_before_are_attributed_to_the_bit(models):
    memory, predictor = FoldMemory(), models[0].predictor_
    test, training = TABLE.select(FOLDS[0].test), TABLE.select(FOLDS[0].train)
    expected = attributions(predictor, test, training, [1])
    for _ in range(2):
        for found, known in zip(attributions(predictor, test, training, [1], memory), expected, strict=True):
            np.testing.assert_array_equal(found, known)
    assert memory.size > training.intensity.size


def test_members_with_cleaning_of_their_own_are_each_given_it():
    model = trained(FOLDS[0].train, preprocessing=Preprocessing((EMSC(), Normalise("snv"))))
    assert len(model.predictor_.preprocessing) == 2
    assert_sums_to_the_gain_of_the_logit(model.predictor_, FOLDS[0])


def only(predictor, network):
    """Return a predictor of this network alone, after the first cleaning."""
    part = predictor.header.input.model_copy(update={"preprocessing_of_member": [0]})
    header = predictor.header.model_copy(update={"input": part})
    return replace(predictor, header=header, networks=(network,), preprocessing=predictor.preprocessing[:1])


def test_a_linear_network_gives_weight_times_distance_from_the_mean(models):
    from torch import nn

    predictor = models[0].predictor_
    linear = nn.Linear(300, 2).double()
    test, training = TABLE.select(FOLDS[0].test), TABLE.select(FOLDS[0].train)
    spectra, found = attributions(only(predictor, linear), test, training, [1, 0])
    weight = linear.weight.detach().numpy()
    start = predictor.preprocessing[0].transform(training).matrix.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(found[0], (weight[1] - weight[0]) * (spectra - start), atol=1e-9)
    np.testing.assert_allclose(found[1], -found[0], atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_network_of_the_literature_is_attributed_as_by_captum(models, classes):
    import torch
    from captum.attr import IntegratedGradients

    torch.manual_seed(0)
    network = build_network("lenet5", 300, classes).double().eval()
    predictor = only(models[0].predictor_, network)
    test, training = TABLE.select(FOLDS[0].test[:18]), TABLE.select(FOLDS[0].train)
    spectra, found = attributions(predictor, test, training, [1])

    def lead(rows):
        logits = network(rows)
        return logits[:, 1] - (logits[:, 0] if classes == 2 else 0)

    start = predictor.preprocessing[0].transform(training).matrix.mean(axis=0, dtype=np.float64)
    expected = IntegratedGradients(lead).attribute(
        torch.from_numpy(spectra), torch.from_numpy(start)[None], n_steps=STEPS
    )
    # captum keeps the weights of its steps in single precision.
    np.testing.assert_allclose(found[0], expected.numpy(), rtol=0, atol=1e-7 * np.abs(expected.numpy()).max())


def test_the_strongest_places_are_bands_that_differ_between_the_classes(found):
    effect = np.abs(STUDY.truth.shift) / np.sqrt(np.diag(STUDY.truth.covariance))
    differing = [SERUM_BANDS[group] for group in np.argsort(effect)[-4:]]
    places = np.array([band.position for group in differing for band in group.bands])
    by_chance = np.mean(np.abs(TABLE.wavenumber[:, None] - places).min(axis=1) <= 10)
    strongest = [band.position for band in found.bands[:5]]
    hits = np.mean([np.abs(places - position).min() <= 10 for position in strongest])
    assert by_chance < 0.35
    assert hits >= 0.8


def test_folds_agree_where_there_is_signal_and_not_where_labels_are_permuted(found):
    patients = np.unique(TABLE.patient)
    permuted = dict(zip(patients, np.random.default_rng(3).permutation(np.arange(60) % 2), strict=True))
    label = np.array(
        [("bone metastasis", "no metastasis")[permuted[one]] for one in TABLE.patient], dtype=object
    )
    folds = patient_folds(list(TABLE.patient), list(label), folds=3)
    by_chance = seen(label, [(fold, trained(fold.train, label)) for fold in folds])
    assert found.stability > 0.5
    assert by_chance.stability < 0.25


def test_the_result_is_plain_json_with_a_name_or_none_for_each_place(found):
    stored = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert stored.keys() == {"model", "axis", "axis_title", "unit", "known", "classes", "stability", "places"}
    assert [one["name"] for one in stored["classes"]] == ["bone metastasis"]
    assert {len(one[key]) for one in stored["classes"] for key in ("mean", "attribution", "spread")} == {300}
    assert 5 <= len(stored["places"]) <= 10
    for band in stored["places"]:
        assert band.keys() == {"position", "name", "source", "class", "attribution", "stable"}
        assert (band["source"] is None) == (band["name"] == "no known band within 10 cm⁻¹")
    heights = [abs(band["attribution"]) for band in stored["places"]]
    assert heights == sorted(heights, reverse=True)


def test_the_same_models_give_the_same_result(models, found):
    assert collected(TABLE.label, models).to_json() == found.to_json()


def test_a_band_is_stable_only_if_every_fold_agrees(models, found):
    one = found.classes[0]
    for band in found.bands:
        at = int(np.argmin(np.abs(found.wavenumber - band.position)))
        assert not band.stable or abs(one.attribution[at]) > one.spread[at]
    alone = seen(TABLE.label, [(FOLDS[0], models[0])])
    assert alone.stability is None
    assert not any(band.stable for band in alone.bands)


def test_more_than_two_classes_have_an_entry_each():
    label = np.array([["a", "b", "c"][int(name[1:]) % 3] for name in TABLE.patient], dtype=object)
    result = seen(label, [(FOLDS[0], trained(FOLDS[0].train, label))])
    assert [one.name for one in result.classes] == ["a", "b", "c"]


def test_a_fold_that_tests_one_class_alone_tells_nothing(models):
    rows = FOLDS[0].test[TABLE.label[FOLDS[0].test] == "bone metastasis"]
    assert seen(TABLE.label, [(replace(FOLDS[0], test=rows), models[0])]) is None


def test_the_harness_hands_over_every_fold():
    observer = SaliencyObserver(TABLE, TABLE.label)
    model = SpectraClassifier(TABLE.wavenumber, members=2, training=TrainingSettings(epochs=1, device="cpu"))
    quick = EvaluationSettings(folds=2, resamples=100, permutations=100, leaky=False)
    found = evaluate(
        {"CNN compact": model}, TABLE.intensity, TABLE.label, TABLE.patient, quick, observers=[observer]
    )
    assert [one.fold.number for one in found.observations] == [0, 1]
    result = saliency_of(found.observations)
    assert result.model == "CNN compact"
    assert result.stability is not None


def test_models_other_than_the_first_network_are_let_pass(models):
    classical = classical_models(TABLE.wavenumber, Preprocessing.default())["PCA-LDA"]
    fitted = [(FOLDS[0], classical), (FOLDS[0], models[0]), (FOLDS[1], models[1])]
    names = ["PCA-LDA", "CNN compact", "CNN lenet5"]
    assert seen(TABLE.label, fitted[:1], names) is None
    before = seen(TABLE.label, fitted[:2], names).to_json()
    assert before["model"] == "CNN compact"
    assert seen(TABLE.label, fitted, names).to_json() == before
    named = SaliencyObserver(TABLE, TABLE.label, "CNN lenet5")
    assert named("CNN compact", FOLDS[0], models[0]) is None
    assert named("CNN lenet5", FOLDS[1], models[1]) is not None


def test_labels_that_do_not_fit_the_table_are_refused():
    with pytest.raises(DataError, match="1 labels for 180 spectra"):
        SaliencyObserver(TABLE, ["a"])
