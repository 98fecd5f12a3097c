"""The page that predict writes, as somebody opens it: counts first, a card for each patient, nothing from the network, and no probability that isn't stated."""

import csv
import re

import numpy as np
import pytest

from command_line import run
from example_models import shipped_of_before, shipped_with
from pages.html_page import HtmlPage
from spectra_dl.spectra.patient_page import occlusion
from spectra_dl_cli.main import main

pytestmark = pytest.mark.xdist_group("predict page")


def page_of(*words, folder, code=0):
    """Predict into a folder, and return its page with what was printed."""
    done = run("predict", *words, "--out", folder, code=code)
    return HtmlPage((folder / "report.html").read_text(encoding="utf-8")), done.stdout


@pytest.fixture(scope="module")
def demo(repository):
    return repository / "datasets" / "demo" / "spectra.csv"


@pytest.fixture(scope="module")
def shown(demo, tmp_path_factory):
    """The page of the demonstration, and what was printed."""
    return page_of(demo, folder=tmp_path_factory.mktemp("demo") / "out")


def rows_of(demo):
    """The demonstration's header and rows, and how many columns of it are no wavenumbers."""
    header, *rows = csv.reader(demo.read_text(encoding="utf-8").splitlines())
    return header, rows, len(header) - 701


def written(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def test_it_counts_first_and_has_a_card_for_each_patient_with_the_printed_answer(shown):
    page, printed = shown
    for count, name in ((5, "bone metastasis"), (3, "no metastasis"), (4, "no answer")):
        assert f"{count} {name}" in page.text
    assert page.text.index("4 no answer") < page.text.index("SIM-01")
    assert "0 of 36 spectra refused" in page.text
    assert len(page.cards) == 12
    for line in re.findall(r"^SIM-\d\d .*$", printed, re.MULTILINE):
        name, *_, decided, share, _ = re.split(r"\s{2,}", line)
        answer = "No answer" if decided == "abstains" else decided
        assert page.cards[name].startswith(f"{name} {answer}")
        assert f"p( bone metastasis ) {share}; threshold 0.574" in page.cards[name]


def test_the_command_says_where_the_page_is(demo, tmp_path):
    printed = run("predict", demo, "--out", "out", folder=tmp_path).stdout
    assert printed.rstrip().splitlines()[-1] == "The patients' cards: out/report.html"
    assert "report.html" not in run("predict", demo).stdout


def test_why_there_is_no_answer_stands_there_in_the_words_that_are_printed(shown):
    page, printed = shown
    reasons = re.findall(r"^  (SIM-\d\d): (.*)$", printed, re.MULTILINE)
    assert len(reasons) == 4
    for name, reason in reasons:
        assert reason in page.cards[name]


def test_it_is_small_and_needs_no_script_and_no_network(shown):
    page, _ = shown
    assert len(page.source.encode()) <= 400_000
    assert page.needs_nothing_else()


def test_every_figure_has_a_text_alternative_that_names_what_it_shows(shown):
    page, _ = shown
    named = {each.get("id") for tag in ("title", "desc") for each in page.all(tag)}
    for figure in page.all("svg"):
        labels = (figure.get("aria-labelledby") or "").split()
        assert figure.get("aria-hidden") or figure.get("aria-label") or (labels and set(labels) <= named)
    assert "within one standard deviation of bone metastasis at" in page.text


def test_the_classes_means_are_drawn_once_and_used_by_every_card(shown):
    page, _ = shown
    assert page.source.count('id="class0"') == page.source.count('id="apart1"') == 1
    assert sum(each["href"] == "#class0" for each in page.all("use")) == 12


def test_the_strip_names_known_bands_and_says_what_it_is_not(shown):
    page, _ = shown
    assert re.search(
        r"989 to 1047 cm⁻¹ speaks (for|against) it \(\S+\); known bands there: 1003 \(phenyl", page.text
    )
    assert "not why the patient is ill" in page.text


def test_where_points_were_replaced_is_said_and_marked(shown):
    page, _ = shown
    assert "SIM-01-3 : 1 spikes removed at 1252 cm-1" in page.cards["SIM-01"]
    assert page.source.count('class="ray"') >= 6


def test_the_same_command_gives_the_same_bytes_also_in_two_processes(demo, tmp_path):
    pages = []
    for name, more in (("a", ()), ("b", ()), ("c", ("--jobs", "2"))):
        (tmp_path / name).mkdir()
        run("predict", demo, "--out", "out", *more, folder=tmp_path / name)
        pages.append((tmp_path / name / "out" / "report.html").read_bytes())
    assert pages[0] == pages[1] == pages[2]


def test_no_probability_and_no_strip_of_a_patient_unlike_the_training_spectra(demo, tmp_path):
    header, rows, named = rows_of(demo)
    axis = np.array(header[named:], dtype=float)
    strange = 40_000 * np.exp(-(((axis - 850) / 40) ** 2))
    for row in rows:
        if row[1] == "SIM-07":
            row[named:] = [f"{value:.1f}" for value in np.array(row[named:], dtype=float) + strange]
    page, _ = page_of(written(tmp_path / "s.csv", header, rows), folder=tmp_path / "out")
    card = page.cards["SIM-07"]
    assert card.startswith("SIM-07 No answer Most spectra are unlike the training spectra")
    assert "No probability is stated." in card
    assert "the model knows nothing of such samples" in card
    assert "speaks" not in card
    assert not re.search(r"p\(|log odds|% set", card)
    assert "1 unlike the training spectra (out of distribution)" in page.text
    assert "3 unlike the training spectra" in page.text


def test_refused_spectra_are_named_with_the_reason_and_a_patient_without_any_has_none_drawn(demo, tmp_path):
    header, rows, named = rows_of(demo)
    for row in rows:
        if row[1] == "SIM-02" or row[0] == "SIM-03-1":
            row[named:] = ["0"] * 701
    page, _ = page_of(written(tmp_path / "s.csv", header, rows), folder=tmp_path / "out", code=6)
    assert "4 of 36 spectra refused" in page.text
    assert "1 of whom no spectrum could be used" in page.text
    assert page.cards["SIM-02"].startswith("SIM-02 No answer 0 of 3 spectra could be used")
    assert "wavenumber" not in page.cards["SIM-02"]
    assert re.search(r"SIM-03-1 refused: \w+", page.cards["SIM-03"])
    assert "2 of 3 spectra used" in page.cards["SIM-03"]


def test_of_many_patients_the_first_have_cards_the_next_a_line_and_the_tables_all(demo, tmp_path):
    header, rows, _ = rows_of(demo)
    many = [
        [text.replace("SIM-", f"S{copy}-") for text in row[:2]] + row[2:]
        for copy in range(90)
        for row in rows
    ]
    page, _ = page_of(written(tmp_path / "many.csv", header, many), folder=tmp_path / "out")
    assert len(page.articles) == 24
    assert "Of the first 24 of 1,080 patients, in the order of the input, there is a card" in page.text
    assert "The next 1,000, a line each; patients.csv has all 1,080." in page.text
    assert len(page.all("tr")) > 1_000
    assert len(page.source.encode()) < 1_500_000


def test_a_model_of_before_has_a_page_that_says_what_it_lacks(demo, tmp_path):
    model = shipped_of_before(tmp_path / "model.safetensors")
    page, _ = page_of(demo, "--model", model, folder=tmp_path / "out")
    assert "The model file holds no mean of its training classes" in page.text
    assert "within one standard deviation" not in page.text
    assert not page.all("use")
    assert len(page.cards) == 12
    assert "speaks for it" in page.text


@pytest.fixture(scope="module")
def lenet5(demo, tmp_path_factory):
    """A model file of LeNet-5 after one pass."""
    folder = tmp_path_factory.mktemp("lenet5") / "model"
    named = ("--label", "label", "--patient", "patient_id")
    run(
        *("train", "spectra", demo, *named, "--members", "2", "--epochs", "1"),
        *("--model", "lenet5", "--out", folder),
    )
    return folder / "model.safetensors"


def test_a_deep_network_is_asked_what_the_probability_hangs_on(demo, lenet5, tmp_path):
    page, _ = page_of(demo, "--model", lenet5, folder=tmp_path / "out", code=None)
    with_probability = [card for card in page.cards.values() if "No probability is stated." not in card]
    assert with_probability
    assert all("What the probability hangs on: log odds of" in card for card in with_probability)
    assert "takes long for an answer" not in page.text


def test_one_that_takes_long_is_asked_of_the_first_patients_alone(demo, lenet5, tmp_path, monkeypatch):
    monkeypatch.setattr(occlusion, "_OPERATIONS", 1.0)
    with pytest.raises(SystemExit):
        main(["predict", str(demo), "--model", str(lenet5), "--out", str(tmp_path / "out")])
    page = HtmlPage((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert sum("log odds of" in card for card in page.cards.values()) == 1
    assert "is asked 25 times for a strip: the first 1 patient with a probability has one" in page.text
    assert "for that of the first 1 patient alone" in page.text


def test_what_the_audit_of_the_training_data_found_stands_before_any_answer(demo, tmp_path):
    found = [
        {"name": "axis", "severity": "stop", "sentence": "The class can be predicted from the axis <alone>."},
        {"name": "level", "severity": "fine", "sentence": "Nothing is wrong with the level."},
    ]
    model = shipped_with(tmp_path / "model.safetensors", {"audit": found})
    page, _ = page_of(demo, "--model", model, folder=tmp_path / "out")
    assert "STOP: what the model learnt may not be the disease" in page.text
    assert page.text.index("from the axis <alone>.") < page.text.index("5 bone metastasis")
    assert "Nothing is wrong" not in page.text


HOSTILE = '<script>alert("1")</script>'
CLASSES = {"a<b>&'c": 10, "well": 11, "few": 4}


@pytest.fixture(scope="module")
def three_classes(tmp_path_factory):
    """A table of three classes, one with a hostile name and one with few patients, and the folder of a model trained on it."""
    folder = tmp_path_factory.mktemp("three")
    axis, draw = np.linspace(600, 1600, 201), np.random.default_rng(0)
    rows = []
    for number, label in enumerate(label for label, count in CLASSES.items() for _ in range(count)):
        place = 800 + 250 * list(CLASSES).index(label)
        for repeat in range(2):
            bands = ((1004, 900), (1450, draw.uniform(100, 400)), (place, 300))
            spectrum = 100 + sum(height * np.exp(-(((axis - at) / 9) ** 2)) for at, height in bands)
            cells = [f"{value:.2f}" for value in spectrum + draw.normal(size=201, scale=20)]
            rows.append([f"s{number}-{repeat}", f"p{number}", label, *cells])
    table = written(
        folder / "s.csv", ["sample_id", "patient_id", "label", *(f"{each:g}" for each in axis)], rows
    )
    words = ("--label", "label", "--patient", "patient_id", "--members", "2", "--model", "logistic")
    run("train", "spectra", table, *words, "--out", folder / "model")
    return table, folder / "model" / "model.safetensors"


def test_a_model_of_several_classes_shows_the_likeliest_and_has_no_mean_of_a_class_of_few(
    three_classes, tmp_path
):
    table, model = three_classes
    page, _ = page_of(table, "--model", model, folder=tmp_path / "out", code=None)
    assert "Of few there is no mean: fewer than 5 training patients had it." in page.text
    assert page.source.count('class="bar"') > 3 * len(page.articles)
    assert "a<b>&'c" in page.text
    assert "<b>&" not in page.source
    assert "(ruled out)" in page.text
    assert "CHECK FIRST: the model was trained on some of these spectra" in page.text
    assert "50 of 50 spectra were used in training this model" in page.text
    assert re.search(r"log odds of (a<b>&'c|well|few)", page.text)


def test_what_the_input_says_is_text_and_long_ids_are_cut(demo, tmp_path):
    header, rows, _ = rows_of(demo)
    names = {
        "SIM-01": HOSTILE,
        "SIM-02": "x" * 500,
        "SIM-03": "a\u202eb\x07c",
        "SIM-04": '" onload="alert(1)',
    }
    for row in rows:
        row[0], row[1] = row[0].replace("SIM-01-1", f"{HOSTILE}-1"), names.get(row[1], row[1])
    page, _ = page_of(written(tmp_path / "<i>s.csv", header, rows), folder=tmp_path / "out")
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "i"}
    assert not any("onload" in attributes for _, attributes in page.elements)
    assert HOSTILE in page.text
    assert "x" * 61 not in page.text
    assert "\u202e" not in page.source
    assert "a\\u202eb" in page.text
