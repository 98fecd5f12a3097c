"""One model file holds a fusion of a number or of times; it says what the fitted estimator says, and takes whatever blocks a patient has."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import DataError, ModelFileError, UsageError
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.outcomes.predictor import FusionOutcomePredictor
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings
from spectra_dl.fusion.simulation.written import write_fusion_study
from spectra_dl.fusion.study.evaluate_outcome import FusedOutcomeSettings
from spectra_dl.fusion.study.features import fusion_rows
from spectra_dl.fusion.study.predict_outcome import predict_outcome_study
from spectra_dl.fusion.study.train_outcome import train_outcome_study
from spectra_dl.loading import load_model
from spectra_dl.models.file import read_model_file
from spectra_dl.storage.sealed import write_sealed

pytestmark = pytest.mark.xdist_group("fusion outcomes")

BRIEF = FusedOutcomeSettings(folds=2, resamples=100, refits=39)
SMALL = FusionOutcomeSettings(
    patients=36, spectra_per_patient=2, n_wavenumbers=120, tissue=1.0, images=True, missing=0.2, explained=0.8
)


@pytest.fixture(scope="module", params=["number", "time"])
def study(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("outcome") / "study"
    hazard = 6.0 if request.param == "time" else None
    write_fusion_study(replace(SMALL, hazard_ratio=hazard), folder)
    return read_study_file(folder / "study.toml")


@pytest.fixture(scope="module")
def cohort(study):
    return read_cohort(study)


@pytest.fixture(scope="module")
def trained(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "run"
    return train_outcome_study(cohort, BRIEF, folder=folder), folder / "model.safetensors"


@pytest.fixture(scope="module")
def loaded(trained):
    return load_model(trained[1])


def without(study, *kinds):
    """Return the study without blocks of some kinds."""
    return replace(study, blocks=tuple(block for block in study.blocks if block.kind not in kinds))


def test_the_file_says_what_the_fitted_estimator_says(trained, loaded, cohort):
    assert isinstance(loaded, FusionOutcomePredictor)
    fused = loaded.predict(cohort)
    wanted = trained[0].estimator.predict(fusion_rows(cohort))
    np.testing.assert_allclose(fused.patients.mean[:, 0], wanted, atol=1e-9)
    slope = 1.0 if loaded.outcome.kind == "number" else loaded.scaled.slope
    np.testing.assert_allclose(
        fused.adds.sum(axis=0), slope * (fused.patients.mean[:, 0] - loaded.stack.bias), atol=1e-9
    )
    assert "3 blocks" in trained[0].text()


def test_whoever_lacks_blocks_is_answered_by_the_others(loaded, study, tmp_path):
    alone = predict_outcome_study(loaded, without(study, "spectra", "tissue"), tmp_path / "out")
    assert not alone.fused.has[:2].any()
    assert alone.status["refused"] == 0
    with open(tmp_path / "out" / "patients.csv", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) == alone.patients
    assert all("without spectra, tissue" in line["reason"] for line in lines)
    assert {line["has_clinical"] for line in lines} == {"yes"}
    offset = {float(line["adds_spectra"]) for line in lines}
    assert len(offset) == 1
    patient = alone.report["results"]["patients"][0]
    assert patient["blocks"]["spectra"]["has"] is False
    assert patient["low"] <= patient["p_no_event" if loaded.outcome.kind == "time" else "predicted"]


def test_what_was_seen_in_training_is_counted_and_nothing_else_is_needed(loaded, study):
    result = predict_outcome_study(loaded, study)
    assert all(seen == rows for seen, rows in result.seen_of_block.values())
    assert set(result.seen_of_block) == {"spectra", "tissue"}


def test_blocks_of_other_names_are_refused(loaded, study):
    renamed = replace(study, blocks=tuple(replace(block, name=f"my {block.name}") for block in study.blocks))
    with pytest.raises(DataError, match="the model knows no block my spectra"):
        predict_outcome_study(loaded, renamed)


def test_models_that_no_file_holds_are_refused_before_anything_is_fitted(cohort, study):
    kind = study.outcome.kind
    if kind == "number":
        for block, model, choices in (
            ("spectra", "svr", "pls, ridge"),
            ("clinical", "gradient-boosting", "ridge"),
        ):
            blocks = [replace(each, model=model) if each.kind == block else each for each in study.blocks]
            with pytest.raises(UsageError, match=f"{model} can't be written .* choose from {choices}"):
                train_outcome_study(replace(cohort, study=replace(study, blocks=tuple(blocks))))
    with pytest.raises(UsageError, match="two blocks or more"):
        train_outcome_study(replace(cohort, blocks=cohort.blocks[:1]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda header: header.update(outcome=None), "lacks its part on what is predicted"),
        (lambda header: header["input"].update(blocks=header["input"]["blocks"][:1]), "blocks"),
        (lambda header: header["input"]["blocks"][1].update(name="spectra"), "two blocks have one name"),
        (lambda header: header["input"]["blocks"][0].update(model="os.system"), "model"),
        (lambda header: header["input"]["blocks"][0].update(extra=1), "extra"),
        (
            lambda header: header["input"]["blocks"][0]["preprocessing"]["steps"].append(
                {"step": "plugin:evil", "settings": {}}
            ),
            "by steps of this program alone",
        ),
        (lambda header: header["input"]["blocks"][0]["preprocessing"].update(steps=[{}]), "a stored step"),
        (lambda header: header["input"]["blocks"][1]["images"]["encoders"][0].update(width=7), "shape"),
        (lambda header: header["input"]["blocks"][2]["columns"].pop(), "shape"),
        (lambda header: header["input"]["blocks"].reverse(), "missing, extra or mis-shaped"),
    ],
)  # fmt: skip
def test_headers_that_nothing_writes_are_refused(trained, tmp_path, change, said):
    file = read_model_file(trained[1])
    description = json.loads(json.dumps(file.description))
    change(description)
    path = tmp_path / "model.safetensors"
    write_sealed(path, "spectra_dl", json.dumps(description), file.tensors)
    with pytest.raises(ModelFileError, match=said):
        load_model(path)


@pytest.mark.parametrize(
    "name", ["stack.weight", "stack.bias", "block0.weight", "block1.standard.scale", "block2.missing"]
)
def test_tensors_that_nothing_writes_are_refused(trained, loaded, name):
    tensors = loaded.tensors()
    for wrong in (tensors[name][:0], tensors[name].astype(np.float16)):
        with pytest.raises(RuntimeError):
            FusionOutcomePredictor.from_tensors(loaded.header, {**tensors, name: wrong})
    if name in ("stack.weight", "block1.standard.scale"):
        with pytest.raises(RuntimeError):
            FusionOutcomePredictor.from_tensors(
                loaded.header, {**tensors, name: -np.ones_like(tensors[name])}
            )


@pytest.mark.parametrize("study", ["time"], indirect=True)
def test_the_same_seed_gives_the_same_file(trained, cohort, study, tmp_path):
    again = train_outcome_study(cohort, BRIEF, folder=tmp_path / "again")
    assert again.sha256 == trained[0].sha256
