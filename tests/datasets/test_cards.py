"""Cards are whole, closed, and there for every set."""

import re
import tomllib
from pathlib import Path

import pytest

from spectra_dl.errors import DataError
from spectra_dl_datasets import dataset_card, dataset_names
from spectra_dl_datasets.card import CARDS, DatasetCard, read_card
from spectra_dl_datasets.registry import DATASETS

FIELDS = [name for name, field in DatasetCard.model_fields.items() if field.is_required()]
CARDS_EXPECTED = 31


@pytest.fixture
def written(tmp_path):
    """Read a copy of covid_serum's card after a change to its text."""

    def write(change):
        path = tmp_path / "covid_serum.toml"
        path.write_text(change((CARDS / "covid_serum.toml").read_text(encoding="utf-8")), encoding="utf-8")
        return read_card(path)

    return write


def test_every_set_has_a_card_a_loader_and_a_test():
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("loaders/test_*.py")
    )
    cards = {path.stem for path in CARDS.glob("*.toml")}
    assert cards == set(DATASETS) == set(dataset_names())
    assert len(cards) >= CARDS_EXPECTED
    unseen = {name for name in cards if dataset_card(name).files == "unseen"}  # tested by a parameter each
    assert {name for name in cards - unseen if f'"{name}"' not in tests} == set()


@pytest.mark.parametrize("name", dataset_names())
def test_a_card_reads_and_says_something_in_every_field(name):
    card = dataset_card(name)
    assert card.id == name
    assert set(FIELDS) <= set(tomllib.loads((CARDS / f"{name}.toml").read_text(encoding="utf-8")))
    assert all(
        re.search(r"\d|no figure", confound.figure) or "only" in confound.figure
        for confound in card.confounds
    )


@pytest.mark.parametrize("field", FIELDS)
def test_a_card_without_a_field_is_refused_by_name(field, written):
    def without(text):
        return re.sub(rf"^{field} = (\[.*?^\]|[^\n]*)\n", "", text, flags=re.MULTILINE | re.DOTALL)

    with pytest.raises(DataError, match=f"covid_serum.toml: {field}"):
        written(without)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id = "covid_serum"', 'id = "other"', "one name"),
        ('licence = "', 'mood = "good"\nlicence = "', "mood"),
        ("patients = 103", 'patients = "103"', "patients"),
        ("patients = 103", "patients = -1", "patients"),
        ('path = "original', 'path = "../original', "below the dataset's folder"),
        ('path = "original', 'path = "/original', "below the dataset's folder"),
        ("files = [\n", "files = [\n" + '  { path = "a", sha256 = "unseen", size = 1 },\n' * 2, "twice"),
        ('address = "https://raw', 'address = "http://raw', "address"),
        ("id = ", "id == ", "TOML"),
    ],
)
def test_a_card_that_is_wrong_is_refused_in_one_sentence(old, new, reason, written):
    with pytest.raises(DataError, match=reason) as refused:
        written(lambda text: text.replace(old, new, 1))
    assert len(str(refused.value)) < 500


def test_what_was_never_hashed_can_not_be_downloaded(written):
    with pytest.raises(DataError, match="what can't be verified is not downloaded"):
        written(lambda text: re.sub(r'sha256 = "[0-9a-f]{64}"', 'sha256 = "unseen"', text))


def test_a_card_can_not_change():
    with pytest.raises(ValueError, match="frozen"):
        dataset_card("covid_serum").licence = "mine"


def test_every_checksum_is_of_the_file_that_readme_of_the_data_names(shared_data):
    documented = re.search(r"sha256 ([0-9a-f]{64})", (shared_data / "README.md").read_text(encoding="utf-8"))
    assert documented.group(1) == dataset_card("covid_serum").known_files[0].sha256


def test_the_example_in_the_docs_is_a_card(repository, tmp_path):
    page = (repository / "docs" / "datasets.md").read_text(encoding="utf-8")
    (tmp_path / "tea_leaves.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL).group(1))
    assert read_card(tmp_path / "tea_leaves.toml").specimen == "tea leaves"
