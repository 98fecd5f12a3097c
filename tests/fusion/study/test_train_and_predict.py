"""One model file holds all blocks; predict takes whatever blocks a patient has and says what each says."""

from dataclasses import replace

import numpy as np
import pytest

import spectra_dl as sdl
from spectra_dl.errors import DataError, ModelFileError, UsageError
from spectra_dl.fusion.clinical import StatedColumn
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.study.predict import as_trained, predict_study
from spectra_dl.fusion.study.settings import FusionStudySettings
from spectra_dl.fusion.study.train import train_study
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("fusion model")

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
    files = result.files(result.report)
    lines = files["blocks.csv"].splitlines()
    assert lines[0].startswith("patient_id,block,has_block,adds_")
    assert len(lines) == 1 + 3 * len(result.answers)
    assert len((tmp_path / "out" / "patients.csv").read_text().splitlines()) == 1 + len(result.answers)
    page = files["report.html"]
    assert page.count('class="say"') == int(result.predicted.has.sum())
    assert page.count("not there</span>") == int((~result.predicted.has).sum())
    assert "<script" not in page


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


def stating(study, name, said):
    """Return the clinical block alone, of which one column is stated."""
    alone = without(study, "spectra", "tissue")
    return replace(alone, blocks=(replace(alone.blocks[0], columns={name: said}),))


def described_as(loaded, **changed):
    """Return the model with its first numeric clinical column described in another way, and the column's name."""
    header = loaded.header.model_copy(deep=True)
    clinical = next(block for block in header.input.blocks if block.kind == "clinical")
    at, column = next((at, each) for at, each in enumerate(clinical.columns) if each.kind == "numeric")
    clinical.columns[at] = column.model_copy(update=changed)
    return replace(loaded, header=header), column.name


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (StatedColumn("category"), "has kind 'category' here and 'numeric' in the model"),
        (StatedColumn(unit="weeks"), "has unit 'weeks' here and 'days' in the model"),
        (StatedColumn(levels=("1", "2")), r"has levels \['1', '2'\] here and \[\] in the model"),
    ],
)
def test_what_is_stated_otherwise_than_in_the_model_is_refused(loaded, study, said, message):
    model, name = described_as(loaded, unit="days")
    with pytest.raises(DataError, match=f"column '{name}' {message}"):
        predict_study(model, stating(study, name, said))


def test_days_are_a_unit_and_dates_are_known_as_dates(loaded, study):
    model, name = described_as(loaded, unit="days")
    assert (
        as_trained(stating(study, name, StatedColumn()), model.header.input.blocks)
        .blocks[0]
        .columns[name]
        .unit
        == "days"
    )
    model, name = described_as(loaded, unit="days", date=True)
    read_as = (
        as_trained(stating(study, name, StatedColumn(unit="years")), model.header.input.blocks)
        .blocks[0]
        .columns[name]
    )
    assert read_as == StatedColumn("date")


def test_a_column_that_was_read_from_dates_is_stored_as_such(cohort, study):
    clinical = next(part for part in _stated(cohort, study) if part.read.name == "clinical")
    numeric = next(each.name for each in clinical.read.rows.columns if each.kind == "numeric")
    read = replace(clinical.read.stated, columns={numeric: StatedColumn("date")})
    blocks = [
        replace(part, read=replace(part.read, stated=read)) if part.read.name == "clinical" else part
        for part in _stated(cohort, study)
        if part.read.name != "tissue"
    ]
    kept = replace(study, blocks=tuple(part.read.stated for part in blocks))
    header = train_study(replace(cohort, study=kept, blocks=tuple(blocks)), SETTINGS).predictor.header
    assert [each.name for each in header.input.blocks[1].columns if each.date] == [numeric]


def test_the_model_file_keeps_what_differs_between_large_values(loaded):
    at = [block.kind for block in loaded.header.input.blocks].index("clinical")
    model, tensors = loaded.models[at], loaded.tensors()
    moved = np.where(model.powers.exponent == 1, 1e9, 0.0)  # powers are taken of a distance from 0
    shifted = {**tensors, f"block{at}.median": tensors[f"block{at}.median"] + moved}
    again = type(loaded).from_tensors(loaded.header, shifted).models[at]
    near = model.median + np.linspace(-1, 1, 5)[:, None]
    np.testing.assert_allclose(again.logits(near + moved), model.logits(near), atol=1e-4)


def test_the_model_file_keeps_the_power_of_a_skewed_column(loaded):
    at = [block.kind for block in loaded.header.input.blocks].index("clinical")
    powers = {each.name: each.power for each in loaded.header.input.blocks[at].columns}
    assert powers["psa"].exponent < 0.5
    assert powers["age"] is None
    assert (loaded.models[at].powers.exponent != 1).sum() == 1


def test_a_block_of_another_kind_is_refused_before_it_is_read(loaded, study):
    other = tuple(
        replace(block, kind="spectra", model="") if block.kind == "clinical" else block
        for block in study.blocks
    )
    with pytest.raises(DataError, match="block 'clinical' is spectra here and clinical in the model"):
        predict_study(loaded, replace(study, blocks=other))


@pytest.mark.parametrize("name", ["stack.weight", "stack.bias"])
def test_a_stack_that_no_training_makes_is_refused(loaded, name):
    tensors = loaded.tensors()
    for wrong in (tensors[name].astype(np.float64), np.full_like(tensors[name], 2e6)):
        with pytest.raises(RuntimeError, match="float32 of at most"):
            type(loaded).from_tensors(loaded.header, {**tensors, name: wrong})


@pytest.mark.parametrize(("name", "wrong"), [("median", np.float32), ("weight", np.float64)])
def test_clinical_weights_of_another_type_are_refused(loaded, name, wrong):
    at = [block.kind for block in loaded.header.input.blocks].index("clinical")
    key, tensors = f"block{at}.{name}", loaded.tensors()
    with pytest.raises(RuntimeError, match="of another type"):
        type(loaded).from_tensors(loaded.header, {**tensors, key: tensors[key].astype(wrong)})


def test_a_block_whose_model_has_another_positive_class_is_refused(loaded):
    decided = loaded.header.classification
    other = next(name for name in decided.classes if name != decided.positive_class)
    with pytest.raises(ValueError, match="another positive class"):
        loaded.header.input.check(decided.model_copy(update={"positive_class": other}))


def test_the_positive_class_is_that_of_every_block(cohort, study):
    for name in sorted(set(cohort.label)):
        said = replace(study, positive=name)
        header = train_study(
            replace(cohort, study=said, blocks=_stated(cohort, said)), SETTINGS
        ).predictor.header
        own = [
            block.model.classification.positive_class
            for block in header.input.blocks
            if block.kind != "clinical"
        ]
        assert own == [name, name] == [header.classification.positive_class] * 2
