"""A trained model of expression: back from its file, the best genes first, and no other encoder taken for its own."""

from dataclasses import replace

import numpy as np
import pytest

from evaluated import evaluated
from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, ModelFileError, UsageError
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.estimators.network import NetworkExpression, mean_expression
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.input_part import GeneScore
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.training import TrainingRequest, train_predictor
from spectra_dl.imaging.features.description import EncoderDescription
from spectra_dl.imaging.features.recipe import FeatureRecipe
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.file import read_model_file, weights_sha256
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("expression predictor")

BRIEF = TrainingSettings(epochs=2, batch_size=16, learning_rate=1e-2)
KINDS = {
    "context": NetworkExpression("context", training=BRIEF),
    "negative-binomial": NetworkExpression("linear", "negative-binomial", training=BRIEF, surroundings=False),
    "ridge": RidgeExpression(),
}


@pytest.fixture(scope="module")
def request_and_scores():
    """What is trained on three of four simulated sections, and ridge's scores on them."""
    sections = [one.section for one in simulate_tissue(TissueSettings(3, 1, 6, 16, seed=1))]
    recipe = FeatureRecipe(sizes_um=(112.0, 224.0))
    cohort = expression_cohort(sections, recipe)
    request = TrainingRequest(
        RidgeExpression(), cohort, PanelTargets(cohort, PanelSettings(8)), recipe, "made", 0
    )
    spots = cohort.spots
    scores = evaluated(
        {"ridge": RidgeExpression()},
        spots,
        request.targets,
        spots.section,
        spots.patient,
        ProfileSettings(resamples=100, shuffles=0, leaky=False),
    )
    return request, scores


@pytest.fixture(scope="module")
def trained(request_and_scores):
    """A predictor of each kind."""
    request, scores = request_and_scores
    return {name: train_predictor(replace(request, model=model), scores) for name, model in KINDS.items()}


@pytest.fixture(scope="module")
def section():
    """A section that no model was trained on."""
    return simulate_tissue(TissueSettings(1, 1, 6, 16, seed=9))[0].section


@pytest.mark.parametrize("kind", ["context", "negative-binomial"])
def test_a_network_predicts_to_the_bit_the_same_from_its_file(trained, section, tmp_path, kind):
    digest = trained[kind].save(tmp_path / "model.safetensors")
    loaded = ExpressionPredictor.load(tmp_path / "model.safetensors")
    assert loaded.header == trained[kind].header
    assert loaded.sha256 == digest
    np.testing.assert_array_equal(loaded.predict(section), trained[kind].predict(section))


def test_a_regression_predicts_the_same_from_its_file_up_to_the_files_float32(trained, section, tmp_path):
    trained["ridge"].save(tmp_path / "model.safetensors")
    loaded = ExpressionPredictor.load(tmp_path / "model.safetensors")
    np.testing.assert_allclose(loaded.predict(section), trained["ridge"].predict(section), rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_model_that_is_saved_again_is_the_same_file(trained, tmp_path, kind):
    trained[kind].save(tmp_path / "one.safetensors")
    ExpressionPredictor.load(tmp_path / "one.safetensors").save(tmp_path / "two.safetensors")
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_a_regression_as_a_network_tells_what_the_regression_tells(request_and_scores, trained, section):
    request, _ = request_and_scores
    spots = request.cohort.spots
    chosen = request.targets.fit(np.arange(len(spots)))
    model = RidgeExpression().fit(spots, chosen.values(np.arange(len(spots))), spots.section)
    table = expression_cohort([section], request.recipe).spots
    np.testing.assert_allclose(trained["ridge"].predict(section), model.predict(table), rtol=1e-9)


def test_a_section_nobody_counted_is_predicted_as_if_it_were_counted(trained, section):
    bare = replace(section, counts=None, gene=None, reason=text_array(["no counts"] * len(section)))
    np.testing.assert_array_equal(trained["ridge"].predict(bare), trained["ridge"].predict(section))


def test_spots_without_a_place_are_told_as_missing_and_change_no_other(trained, section):
    n = len(section)
    lost = replace(
        section,
        barcode=text_array([*section.barcode, "lost"]),
        position_um=np.concatenate([section.position_um, [[np.nan, np.nan]]]),
        reason=text_array([*section.reason, "outside the image"]),
        counts=None,
        gene=None,
    )
    found = trained["context"].predict(lost)
    assert np.isnan(found[n]).all()
    np.testing.assert_array_equal(found[:n], trained["context"].predict(section))


def test_spots_in_another_order_are_told_the_same_in_that_order(trained, section):
    order = np.random.default_rng(0).permutation(len(section))
    np.testing.assert_allclose(
        trained["context"].predict(section.select(order)),
        trained["context"].predict(section)[order],
        atol=1e-5,
    )


def test_too_few_spots_to_compare_with_their_section_are_refused(trained, section):
    with pytest.raises(DataError, match="9 usable spots; at least 10"):
        trained["ridge"].predict(section.select(np.arange(9)))


def with_header(predictor, **changed):
    """Return a predictor whose input part says something else."""
    part = predictor.header.input.model_copy(update=changed)
    return replace(predictor, header=predictor.header.model_copy(update={"input": part}))


def with_scores(predictor, scores):
    """Return a predictor whose genes are A, B, C ... with these correlations."""
    genes = [
        GeneScore(name=name, pearson=score, ceiling=None, usable=False)
        for name, score in zip("ABCDEFGH", scores, strict=False)
    ]
    return with_header(predictor, genes=genes)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([None, 0.0, 0.5], [2, 1, 0]),
        ([None, -0.4, 0.0, None], [2, 1, 0, 3]),
        ([0.1, 0.9, 0.3], [1, 2, 0]),
        ([0.2, 0.2, 0.2], [0, 1, 2]),
        ([-0.0, 0.0], [0, 1]),
    ],
)
def test_the_best_gene_stands_first_and_one_of_correlation_0_before_unknown_ones(trained, scores, expected):
    assert with_scores(trained["ridge"], scores).best_first == expected


def recalibrated(predictor, calibration, width=None):
    """Return a predictor trained with an encoder that says this of the calibration tile."""
    own = predictor.header.input.encoders[0]
    return with_header(
        predictor,
        encoders=[EncoderDescription(name=own.name, width=width or own.width, calibration=list(calibration))],
    )


@pytest.mark.parametrize("at", [0, 20, -1])
def test_an_encoder_that_says_something_else_of_the_calibration_tile_is_refused(trained, section, at):
    calibration = np.array(trained["ridge"].header.input.encoders[0].calibration)
    calibration[at] += 0.01 * max(1.0, abs(calibration[at]))
    with pytest.raises(ModelFileError, match="gives other features here") as refused:
        recalibrated(trained["ridge"], calibration).predict(section)
    assert len(str(refused.value)) <= 500


def test_an_encoder_of_another_width_is_refused(trained, section):
    calibration = trained["ridge"].header.input.encoders[0].calibration
    with pytest.raises(ModelFileError, match="gives other features here"):
        recalibrated(trained["ridge"], calibration, width=len(calibration) + 1).predict(section)


def test_rounding_of_the_calibration_on_another_machine_is_accepted(trained, section):
    calibration = np.array(trained["ridge"].header.input.encoders[0].calibration) * (1 + 1e-6)
    found = recalibrated(trained["ridge"], calibration).predict(section)
    np.testing.assert_array_equal(found, trained["ridge"].predict(section))


HUB = "timm:resnet18"


def test_a_model_file_alone_does_not_fetch_a_model_from_a_hub(trained):
    own = EncoderDescription(name=HUB, width=512, calibration=[])
    asking = with_header(trained["ridge"], encoders=[own])
    with pytest.raises(UsageError, match=f"name it with --encoder {HUB}"):
        asking.recipe()
    with pytest.raises(UsageError, match=f"name it with --encoder {HUB}"):
        asking.recipe(["timm:resnet50"])
    assert asking.recipe([HUB]).encoders == (HUB,)


def test_an_encoder_the_model_was_not_trained_with_is_refused(trained):
    with pytest.raises(
        UsageError, match="not trained with the encoder efficientnet-lite0, but with colour-texture"
    ):
        trained["ridge"].recipe(["efficientnet-lite0"])


def test_the_recipe_is_the_one_the_model_was_trained_with(request_and_scores, trained):
    assert trained["ridge"].recipe() == request_and_scores[0].recipe


@pytest.mark.parametrize("damage", ["a tensor more", "a tensor less", "another shape"])
def test_tensors_that_do_not_make_up_the_model_are_refused_with_the_files_name(trained, tmp_path, damage):
    trained["ridge"].save(tmp_path / "model.safetensors")
    file = read_model_file(tmp_path / "model.safetensors")
    tensors = file.tensors
    if damage == "a tensor more":
        tensors["member7.out.bias"] = tensors["member0.out.bias"]
    elif damage == "a tensor less":
        del tensors["member0.out.bias"]
    else:
        tensors["member0.out.weight"] = tensors["member0.out.weight"][:, :-1]
    file.description["weights_sha256"] = weights_sha256(tensors)
    with pytest.raises(ModelFileError, match=r"model\.safetensors: .*tensors.*take a fresh copy"):
        ExpressionPredictor.from_file(file)


def test_a_section_predicted_a_few_spots_at_a_time_is_predicted_the_same_to_the_last_digits(
    trained, section, monkeypatch
):
    whole = {kind: trained[kind].predict(section) for kind in KINDS}
    monkeypatch.setattr("spectra_dl.expression.predictor._SPOTS_AT_ONCE", 5)
    monkeypatch.setattr("spectra_dl.imaging.features.recipe._NUMBERS_AT_ONCE", 1)
    monkeypatch.setattr("spectra_dl.imaging.features.recipe._TILES_AT_ONCE", 8)
    for kind in KINDS:
        np.testing.assert_allclose(trained[kind].predict(section), whole[kind], rtol=1e-12)


def test_a_model_trained_with_local_weights_takes_them_from_any_path_and_no_others(
    trained, section, tmp_path
):
    import torch
    from safetensors.torch import save_file

    from spectra_dl.imaging.encoders.densenet import DenseNet121
    from spectra_dl.imaging.encoders.registry import recorded_name

    def written(name, seed):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            save_file(DenseNet121().state_dict(), tmp_path / name)
        return f"file:{tmp_path / name}"

    first, other, moved = (
        written("a.safetensors", 0),
        written("b.safetensors", 1),
        written("c.safetensors", 0),
    )
    encoder = EncoderDescription(name=recorded_name(first), width=1024, calibration=[])
    model = with_header(trained["ridge"], encoders=[encoder], tile_sizes_um=[112.0])
    assert model.recipe([first]).encoders == (first,)
    assert model.recipe([moved]).encoders == (moved,)
    with pytest.raises(UsageError, match=r"the model was trained with the weights file:densenet121-"):
        model.recipe([other])
    with pytest.raises(UsageError, match=r"name it with --encoder file:WEIGHTS\.safetensors"):
        model.recipe()
    with pytest.raises(UsageError, match="was not trained with the encoder"):
        trained["ridge"].recipe([first])


def test_a_network_on_tiles_predicts_a_few_of_them_at_a_time(trained, section, tmp_path, monkeypatch):
    section = section.select(np.arange(12))
    sizes = {"n_regions": 1, "n_features": 3 * 128 * 128, "n_outputs": 8}
    network = build_head("fine-tuned", **sizes).eval()
    head = trained["context"].header.input.head.model_copy(
        update={**sizes, "name": "fine-tuned", "trained_by": "mse", "shown": 1}
    )
    encoder = EncoderDescription(name="tile-pixels", width=3 * 128 * 128, calibration=[])
    changed = with_header(trained["context"], encoders=[encoder], tile_sizes_um=[112.0], head=head)
    model = replace(changed, networks=(network,))
    table = expression_cohort([section], FeatureRecipe(("tile-pixels",), (112.0,))).spots
    expected = mean_expression((network,), table.features[:, None], "mse")
    monkeypatch.setattr("spectra_dl.imaging.features.recipe._TILES_AT_ONCE", 4)
    np.testing.assert_allclose(model.predict(section), expected, rtol=1e-12)
    np.testing.assert_allclose(model.predict(section, store=FeatureStore(tmp_path)), expected, rtol=1e-12)
