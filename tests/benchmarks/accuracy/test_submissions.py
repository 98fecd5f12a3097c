"""A submission is checked before it stands on the leaderboard, and one that is hostile or of another split never does."""

import importlib.util
import json
import sys

import pytest

from spectra_dl.errors import DataError

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


def test_where_sections_are_left_out_they_are_counted(submissions):
    data = {"sections": {"C2": "C", "C3": "C"}, "patients": 1}
    assert submissions._patients({"data": data, "settings": {"group": "section"}}) == 2
    assert submissions._patients({"data": data, "settings": {"group": "patient"}}) == 1
