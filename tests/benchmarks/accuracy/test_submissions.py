"""A submission is checked before it stands on the leaderboard, and one that is hostile or of another split never does."""

import importlib.util
import json
import shutil
import sys

import pytest
from sklearn.metrics import roc_auc_score

from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.split_file import RowNames, split_sha256, split_text
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.spectra.simulation.families.settings import FamilySettings
from spectra_dl.spectra.simulation.families.study import simulate_family
from spectra_dl_datasets import dataset_card, dataset_names, load
from spectra_dl_datasets.registry import known_best

SPLIT = "ab" * 32


@pytest.fixture(scope="module")
def submissions(repository):
    path = repository / "benchmarks" / "accuracy" / "submissions.py"
    spec = importlib.util.spec_from_file_location("submissions", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["submissions"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["submissions"]


@pytest.fixture
def run(tmp_path):
    """The folder of a run on covid_serum."""
    figure = {"value": 0.9, "low": 0.8, "high": 0.95, "method": "refit-corrected"}
    findings = [
        {"severity": "stop", "sentence": "The class can be predicted from the silent region alone."},
        {"severity": "fine", "sentence": "No spectrum occurs under two patients."},
    ]
    results = {
        "kind": "classes",
        "data": {"patients": 103},
        "settings": {},
        "models": {"SVM": {"patient_level": {"auc": figure}}},
        "audit": {"severity": "stop", "findings": findings},
        "split": {"sha256": SPLIT},
    }
    folder = tmp_path / "run"
    folder.mkdir()
    report = {"versions": {"spectra-dl": "0.1.0"}, "results": results}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return folder


@pytest.fixture
def kept(submissions, run, tmp_path):
    """The folder of submissions, with a split set for covid_serum."""
    folder = tmp_path / "submitted"
    folder.mkdir()
    submissions.set_reference(run, "covid_serum", folder)
    return folder


@pytest.fixture
def written(submissions, run, tmp_path):
    """Write a good submission with what is changed in it."""

    def write(**changes):
        words = "A support vector machine of cleaned spectra"
        content = submissions.make(run, "covid_serum", "SVM", words, "our lab").model_dump(mode="json")
        path = tmp_path / "mine.json"
        path.write_text(json.dumps({**content, **changes}), encoding="utf-8")
        return path

    return write


def test_a_run_becomes_a_row_of_the_page_by_two_commands(submissions, run, kept, tmp_path, capsys):
    page, mine = tmp_path / "page.md", tmp_path / "mine.json"
    page.write_text("# The honest leaderboard\n\n## Submitted\n\nof yesterday\n", encoding="utf-8")
    words = "A support vector machine of cleaned spectra"
    about = ["--dataset", "covid_serum", "--model", "SVM", "--words", words, "--by", "our_lab"]
    submissions.main(["make", str(run), *about, "--out", str(mine)])
    for _ in range(2):  # the same file twice is one submission
        submissions.main(["add", str(mine), "--kept", str(kept), "--page", str(page)])
    assert "kept as covid_serum--abababababab--svm-" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# The honest leaderboard\n\n## Submitted\n")
    assert "of yesterday" not in text
    assert (
        text.count(
            "| SVM | 0.900 [0.800, 0.950] | A support vector machine of cleaned spectra | our\\_lab | 0.1.0 |"
        )
        == 1
    )
    assert text.index("Audit: STOP. 103 patients") < text.index("> The class can be") < text.index("| SVM |")
    assert "No spectrum occurs" not in text


def test_models_are_sorted_by_the_figure_of_patients(submissions, kept, written):
    for name, value in (("worse", 0.82), ("better", 0.94), ("middle", 0.9)):
        submissions.add(written(model=name, score={"value": value, "low": 0.8, "high": 0.95}), kept)
    text = submissions.section(kept)
    assert text.index("| better |") < text.index("| middle |") < text.index("| worse |")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"split_sha256": "cd" * 32}, "split_sha256 is cdcd.* figures of another split can't be compared"),
        ({"patients": 102}, "patients is 102 and that of covid_serum is 103"),
        ({"audit": "fine"}, "audit is fine and that of covid_serum is stop"),
        ({"kind": "outcomes"}, "kind is outcomes"),
        ({"dataset": "mice_tissue"}, "no split is set for 'mice_tissue'; choose one of covid_serum"),
        ({"score": {"value": 0.99, "low": 0.8, "high": 0.95}}, "does not lie in its interval"),
        ({"score": {"value": 1.5, "low": 0.8, "high": 1.6}}, r"score\.value"),
        ({"score": {"value": float("nan"), "low": 0.8, "high": 0.95}}, r"score\.value"),
        ({"score": 0.9}, "score: "),
        ({"weights": "AAAA"}, "weights: Extra inputs"),
        ({"model": "<script>alert(1)</script>"}, "model: .*without line breaks"),
        ({"model": "a | 1.000 | b"}, "model: "),
        ({"words": "fine words, and then\n## a heading of my own"}, "words: "),
        ({"words": "[click here](javascript:alert) to win it all"}, "words: "),
        ({"by": "safe\u202eerp"}, "by: "),
        ({"words": "short"}, "words: .*at least 20"),
        ({"words": "x" * 1001}, "words: .*at most 1000"),
        ({"version": "0.1.0; rm -rf"}, "version: "),
        ({"patients": "103"}, "patients: "),
        ({"format": "spectra-dl leaderboard 2"}, "format: "),
    ],
)
def test_a_submission_that_does_not_fit_or_is_hostile_is_refused(
    submissions, kept, written, changes, problem
):
    with pytest.raises(DataError, match=problem) as refused:
        submissions.add(written(**changes), kept)
    assert len(str(refused.value)) < 500
    assert submissions.submitted(kept) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\x80\x04\x95 a pickle", "can't be read as JSON"),
        (b"[" * 60_000, "can't be read as JSON"),
        (b'{"format": 1, "format": 2}', "a key stands twice"),
        (b"[]", "the whole"),
        (b" " * 70_000, "more than 65,536 bytes"),
    ],
    ids=["pickle", "deep", "twice", "list", "large"],
)
def test_what_is_no_submission_is_refused(submissions, kept, tmp_path, content, problem):
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=problem):
        submissions.add(path, kept)
    with pytest.raises(DataError, match="no such file"):
        submissions.add(tmp_path / "gone.json", kept)


def test_nobodys_submission_replaces_anothers(submissions, kept, written):
    first = submissions.add(written(), kept)
    before = first.read_bytes()
    with pytest.raises(DataError, match="another submission of 'SVM' by 'our lab'"):
        submissions.add(written(score={"value": 0.95, "low": 0.8, "high": 0.95}), kept)
    assert first.read_bytes() == before


def test_a_refusal_of_the_command_is_one_sentence(submissions, kept, tmp_path):
    with pytest.raises(SystemExit) as ended:
        submissions.main(["add", str(tmp_path / "gone.json"), "--kept", str(kept)])
    assert str(ended.value) == "error: gone.json: no such file; check the path"


def test_the_page_holds_what_is_kept(submissions, repository):
    page = (repository / "docs" / "leaderboard.md").read_text(encoding="utf-8")
    assert page == submissions.with_section(page, submissions.KEPT)
    for one in submissions.submitted(submissions.KEPT):
        known = submissions.references(submissions.KEPT)[one.dataset]
        assert (one.split_sha256, one.audit, one.patients) == (
            known.split_sha256,
            known.audit,
            known.patients,
        )


SIMULATED = [name for name in dataset_names() if known_best(name)]


def split_of(name, seed):
    """The SHA-256 of five folds of a simulated set drawn from a seed."""
    table = load(name, seed=seed)
    folds = patient_folds(table.patient, table.label)
    return split_sha256(split_text(folds, table.patient, RowNames.counted(len(table), table.sample_id)))


@pytest.mark.parametrize("name", SIMULATED)
def test_a_simulated_set_counts_as_its_seed_draws_it_and_no_other(
    name, submissions, written, tmp_path, repository
):
    known = submissions.references(submissions.KEPT)[name]
    shutil.copy(submissions.KEPT / "references.json", tmp_path)
    same = {"dataset": name, "patients": known.patients, "audit": known.audit}
    assert submissions.add(written(**same, split_sha256=split_of(name, 0)), tmp_path).is_file()
    with pytest.raises(DataError, match="figures of another split can't be compared"):
        submissions.add(written(**same, split_sha256=split_of(name, 1)), tmp_path)


def test_the_best_of_a_simulated_set_is_computed_and_never_given(submissions, run, tmp_path):
    submissions.set_reference(run, "simulated_ratio", tmp_path)
    drawn = simulate_family(FamilySettings(signal="ratio", patients=200, best_auc=0.95)).patients
    reached = roc_auc_score(drawn.positive, drawn.latents.log_likelihood_ratio)
    found = submissions.references(tmp_path)["simulated_ratio"]
    assert (found.best, found.best_of_these) == pytest.approx((0.95, reached))
    text = submissions.section(tmp_path)
    assert (
        f"The best that can be known: 0.950. The true likelihood ratio, which no method exceeds in the long run, reaches {reached:.3f}"
        in text
    )
    assert "`spectra-dl simulate DIR --signal ratio --best-auc 0.95 --patients 200 --seed 0`" in text
    with pytest.raises(DataError, match="is computed of a simulated set; leave --best out"):
        submissions.set_reference(run, "simulated_ratio", tmp_path, best=0.99)


@pytest.mark.parametrize("name", SIMULATED)
def test_each_simulated_set_stands_on_the_page_with_its_best_and_with_auto_and_classical_models(
    name, submissions
):
    known, best = submissions.references(submissions.KEPT)[name], known_best(name)
    assert (known.best, known.best_of_these) == pytest.approx((best.of_all, best.of_these), abs=1e-9)
    handed_in = {one.model for one in submissions.submitted(submissions.KEPT) if one.dataset == name}
    assert {"auto", "CNN compact", "logistic regression", "PLS-DA"} <= handed_in
    page = (
        submissions.PAGE.read_text(encoding="utf-8")
        .partition(f"### {name}, submitted")[2]
        .partition("### ")[0]
    )
    assert f"The best that can be known: {best.of_all:.3f}." in page
    assert all(f"\n| {model} | " in page for model in handed_in)


def test_every_set_of_spectra_stands_on_the_page(submissions):
    page = submissions.PAGE.read_text(encoding="utf-8")
    cards = [dataset_card(name) for name in dataset_names()]
    unnamed = [
        card.id
        for card in cards
        if card.modality == "Raman"
        and card.task != "format example"
        and not any(
            f"\n{start}" in page
            for start in (f"### {card.id}\n", f"### {card.id}, submitted\n", f"- {card.id}: ")
        )
    ]
    assert unnamed == []


def test_where_sections_are_left_out_they_are_counted(submissions):
    data = {"sections": {"C2": "C", "C3": "C"}, "patients": 1}
    assert submissions._patients({"data": data, "settings": {"group": "section"}}) == 2
    assert submissions._patients({"data": data, "settings": {"group": "patient"}}) == 1
