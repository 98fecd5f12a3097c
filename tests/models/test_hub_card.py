"""The card of a model hub: front matter that is YAML, and the card for people, whatever the model's texts hold."""

import pytest
import yaml

from command_line import run
from spectra_dl.loading import read_header
from spectra_dl.models.card import card_text
from spectra_dl.models.hub_card import hub_card
from spectra_dl_datasets.shipped import SHIPPED_MODEL


def front_matter(card):
    opening, matter, rest = card.split("---\n", 2)
    assert opening == ""
    return yaml.safe_load(matter), rest


def test_the_shipped_model_s_card_has_its_scores_with_their_intervals():
    header, sha256 = read_header(SHIPPED_MODEL)
    matter, rest = front_matter(hub_card(header, sha256))
    (index,) = matter["model-index"]
    (result,) = index["results"]
    assert {"task", "dataset", "metrics"} == set(result)
    stated = {
        score.name: (score.value, [score.low, score.high])
        for score in header.scores
        if score.value is not None
    }
    assert {
        each["name"]: (each["value"], each["confidence_interval_95"]) for each in result["metrics"]
    } == stated
    assert {"spectra", "research-use-only", "simulated-training-data"} == set(matter["tags"])
    assert card_text(header, sha256) in rest
    assert "Research use only, not for diagnosis." in rest


@pytest.mark.parametrize(
    "source", ["a: b\n---\nc", '"quoted" # no comment', "~~~~\n<script>", "- [x]: {y}", "ß µ"]
)
def test_no_text_of_a_model_leaves_its_place(source):
    header, sha256 = read_header(SHIPPED_MODEL)
    training = header.training.model_copy(update={"source": source})
    card = hub_card(header.model_copy(update={"training": training}), sha256)
    matter, rest = front_matter(card)
    assert matter["model-index"][0]["results"][0]["dataset"]["name"] == source
    assert rest.count("~~~~") == 2


def test_the_command_writes_no_card_over_another_file(tmp_path):
    card = tmp_path / "README.md"
    run("model", "card", "--out", card)
    first = card.read_text()
    assert "already there" in run("model", "card", "--out", card, code=2).stderr
    run("model", "card", "--out", card, "--overwrite")
    assert card.read_text() == first
