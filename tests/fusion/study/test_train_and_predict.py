"""One model file holds all blocks; predict takes whatever blocks a patient has and says what each says."""

from dataclasses import replace

import numpy as np
import pytest

import spectra_dl as sdl
from spectra_dl.errors import DataError, ModelFileError, UsageError
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.study.predict import predict_study
from spectra_dl.fusion.study.settings import FusionStudySettings
from spectra_dl.fusion.study.train import train_study
from spectra_dl.training.settings import TrainingSettings

SETTINGS = FusionStudySettings(2, TrainingSettings(epochs=1))


def with_network(study, model="mlp"):
    """Return the study with a model of images that can be stored."""
    blocks = (replace(each, model=model) if each.kind == "tissue" else each for each in study.blocks)
    return replace(study, blocks=tuple(blocks))


def without(study, *kinds):
    """Return the study without blocks of some kinds."""
    return replace(study, blocks=tuple(block for block in study.blocks if block.kind not in kinds))


@pytest.fixture(scope="module")
def study(study_file):
    return with_network(read_study_file(study_file))


@pytest.fixture(scope="module")
def trained(cohort, study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "run"
    return train_study(
        replace(cohort, study=study, blocks=_stated(cohort, study)), SETTINGS, folder=folder
    ), folder


def _stated(cohort, study):
    said = {block.name: block for block in study.blocks}
    return tuple(
        replace(part, read=replace(part.read, stated=said[part.read.name])) for part in cohort.blocks
    )


@pytest.fixture(scope="module")
def loaded(trained):
    return sdl.load_model(trained[1] / "model.safetensors")


def test_a_model_predicts_the_same_before_and_after_it_was_written(trained, loaded, study):
    result, _ = trained
    before, after = predict_study(result.predictor, study), predict_study(loaded, study)
    np.testing.assert_array_equal(before.predicted.patients.probability, after.predicted.patients.probability)
    assert loaded.sha256 == result.sha256
    assert "Fusion of      spectra: pca-lda" in result.text()


def test_each_blocks_say_adds_up_to_the_probability(loaded, study):
    predicted = predict_study(loaded, study).predicted
    logits = predicted.says.sum(axis=0) + loaded.stack.bias
    np.testing.assert_allclose(loaded.probability(logits), predicted.patients.probability)
    assert predicted.blocks == ("spectra", "tissue", "clinical")


def test_whoever_lacks_a_block_gets_a_verdict_from_the_others_and_it_is_named(loaded, study, cohort):
    predicted = predict_study(loaded, study).predicted
    own = np.unique(cohort.blocks[0].owner)
    lacking = np.setdiff1d(np.arange(len(cohort.patients)), own)
    assert lacking.size
    assert np.isfinite(predicted.patients.probability[lacking]).all()
    assert all("without spectra" in predicted.patients.reason[row] for row in lacking)
    np.testing.assert_allclose(
        predicted.says[0, lacking], np.broadcast_to(loaded.stack.offset[0], (lacking.size, 2))
    )


def test_one_block_is_enough(loaded, study):
    predicted = predict_study(loaded, without(study, "spectra", "tissue")).predicted
    assert not predicted.has[:2].any()
    assert np.isfinite(predicted.patients.probability).all()


def test_a_patient_alone_is_predicted_as_among_others(loaded, study, study_folder, tmp_path):
    lines = (study_folder / "clinical.csv").read_text().splitlines()
    alone = tmp_path / "clinical.csv"
    alone.write_text(f"{lines[0]}\n{lines[4]}\n")
    clinical = without(study, "spectra", "tissue")
    moved = replace(clinical, blocks=(replace(clinical.blocks[0], path=alone),))
    one, all_of_them = predict_study(loaded, moved).predicted, predict_study(loaded, clinical).predicted
    row = all_of_them.patients.patient.tolist().index(one.patients.patient[0])
    np.testing.assert_allclose(one.patients.probability[0], all_of_them.patients.probability[row], atol=1e-12)


def test_files_have_a_line_for_each_patient_and_block(loaded, study, tmp_path):
    result = predict_study(loaded, study, tmp_path / "out")
    lines = result.files({})["blocks.csv"].splitlines()
    assert lines[0].startswith("patient_id,block,has_block,adds_")
    assert len(lines) == 1 + 3 * len(result.answers)
    assert len((tmp_path / "out" / "patients.csv").read_text().splitlines()) == 1 + len(result.answers)


def test_the_same_seed_gives_the_same_file(trained, cohort, study):
    again = train_study(replace(cohort, study=study, blocks=_stated(cohort, study)), SETTINGS)
    mine, theirs = again.predictor.tensors(), trained[0].predictor.tensors()
    assert set(mine) == set(theirs)
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_a_block_that_the_model_does_not_know_is_refused(loaded, study):
    renamed = replace(study, blocks=tuple(replace(block, name=f"my {block.name}") for block in study.blocks))
    with pytest.raises(DataError, match="the model knows no block my spectra"):
        predict_study(loaded, renamed)


def test_an_altered_file_is_refused(trained, tmp_path):
    content = bytearray((trained[1] / "model.safetensors").read_bytes())
    content[-40] ^= 1
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        sdl.load_model(path)


def test_what_no_file_can_hold_is_refused(cohort, study_file):
    with pytest.raises(UsageError, match="block 'tissue': logistic can't be written"):
        train_study(cohort, SETTINGS)
    alone = without(read_study_file(study_file), "spectra", "tissue")
    kept = tuple(part for part in cohort.blocks if part.read.name == "clinical")
    with pytest.raises(UsageError, match="two blocks or more"):
        train_study(replace(cohort, study=alone, blocks=kept), SETTINGS)
