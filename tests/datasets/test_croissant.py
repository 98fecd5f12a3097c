"""Croissant metadata of every card is valid to MLCommons' own library, and says what the card says."""

import json
import logging

import pytest

from command_line import run
from spectra_dl_datasets import dataset_card, dataset_names
from spectra_dl_datasets.croissant import croissant

pytestmark = pytest.mark.xdist_group("croissant")
# What no card knows: when it was published, and versions are commits.
UNKNOWN = {"https://schema.org/datePublished", "https://schema.org/version", "https://schema.org/url"}


@pytest.fixture(scope="module")
def mlcroissant():
    logging.getLogger("absl").setLevel(logging.ERROR)
    return pytest.importorskip("mlcroissant")


@pytest.mark.parametrize("name", dataset_names())
def test_a_card_is_valid_metadata(mlcroissant, name):
    metadata = mlcroissant.Dataset(jsonld=croissant(dataset_card(name))).metadata
    assert not metadata.ctx.issues.errors
    unsaid = {part for part in UNKNOWN for text in metadata.ctx.issues.warnings if part in text}
    assert len(metadata.ctx.issues.warnings) == len(unsaid)


def test_what_is_no_metadata_would_be_seen(mlcroissant):
    broken = croissant(dataset_card("fish_oil"))
    del broken["distribution"][0]["contentUrl"], broken["name"]
    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(jsonld=broken)


def test_files_classes_and_traps_of_the_card_stand_in_it(mlcroissant):
    card = dataset_card("covid_saliva")
    found = json.loads(run("data", "show", "covid_saliva", "--croissant").stdout)
    assert found == json.loads(json.dumps(croissant(card)))
    assert [(one["@id"], one["sha256"]) for one in found["distribution"]] == [
        (file.path, file.sha256) for file in card.files
    ]
    assert all(
        confound.finding in bias
        for confound, bias in zip(card.confounds, found["rai:dataBiases"], strict=True)
    )
    records = [dict(one) for one in mlcroissant.Dataset(jsonld=found).records("classes")]
    assert {one["classes/name"]: one["classes/items"] for one in records} == {"COV+": "750", "COV-": "925"}


def test_files_that_nobody_saw_have_no_checksum_and_stand_in_none():
    assert dataset_card("rruff").files == "unseen"
    assert "distribution" not in croissant(dataset_card("rruff"))
