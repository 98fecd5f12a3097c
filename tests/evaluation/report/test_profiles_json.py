"""What a report of profiles says: as JSON, as text and as a page."""

import json
import re
from html.parser import HTMLParser

import pytest

from pages.example_profiles import profiles_evaluation
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.evaluation.folds.split_file import split_sha256
from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.page.verdict import verdict
from spectra_dl.evaluation.report.profiles_json import per_target, profile_report, profile_text

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"


def written(result):
    return json.dumps(
        {"command": ["spectra-dl", "evaluate"], "results": profile_report(result)}, allow_nan=False
    )


@pytest.fixture(scope="module")
def result():
    return profiles_evaluation(findings=[Finding("one image twice", "fine", "Every section has its own.")])


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.words, self.tags = "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.words += data


def test_same_seed_gives_the_same_bytes():
    assert written(profiles_evaluation()) == written(profiles_evaluation())


def test_another_seed_shuffles_otherwise():
    assert profiles_evaluation(seed=0).shuffled_sd != profiles_evaluation(seed=1).shuffled_sd


def test_report_says_what_it_is_and_how_it_was_divided(result):
    report = profile_report(result)
    assert report["kind"] == "profiles"
    assert report["split"]["sha256"] == split_sha256(result.split)
    assert [fold["test_sections"] for fold in report["split"]["folds"]] == [
        ["s0", "s1"],
        ["s2"],
        ["s3"],
        ["s4"],
    ]
    assert report["models"]["linear"]["pearson"]["method"] == "student"
    assert set(report["leaky_estimates"]["split_by_row"]) == {"linear", "ridge"}


def test_targets_are_listed_the_best_first(result):
    targets = per_target(result.first)
    scores = [target["pearson"] for target in targets]
    assert scores == sorted(scores, reverse=True)
    assert targets[0]["share_of_ceiling"] == pytest.approx(scores[0] / 0.9)


def test_text_fits_a_terminal_and_steers_none():
    text = profile_text(profiles_evaluation(prefix=HOSTILE))
    assert all(character.isprintable() or character == "\n" for character in text)
    plain = profile_text(profiles_evaluation())
    assert max(map(len, plain.splitlines())) <= 100


def test_text_says_what_is_reached_next_to_ceiling_and_controls(result):
    text = " ".join(profile_text(result).split())
    first = result.first
    assert f"{100 * first.share_of_ceiling.value:.0f} % of the noise ceiling (.900)" in text
    assert "trained on shuffled spots it scores" in text
    assert "Student's t" in text
    assert "LEFT OUT BY SECTION" not in text


def test_a_split_by_row_that_was_left_out_is_said_and_has_no_column():
    result = profiles_evaluation(leaky=False, shuffles=0)
    said = "Leaky estimate of a split by spot: not computed (--no-leaky)."
    report = json.loads(written(result))
    assert said in " ".join(profile_text(result).split())
    assert report["results"]["settings"]["leaky"] is False
    page = Page(report_page(report)).words
    assert page.count(said) == 2
    assert "split by spot" not in page.replace(said, "")


def test_left_out_sections_are_stamped_everywhere():
    result = profiles_evaluation(group="section", leaky=False, shuffles=0)
    assert "LEFT OUT BY SECTION" in profile_text(result)
    assert profile_report(result)["warning"].startswith("LEFT OUT BY SECTION")
    assert "LEFT OUT BY SECTION" in report_page(json.loads(written(result)))


def test_undefined_pairs_are_counted_in_words():
    result = profiles_evaluation(flat=True, leaky=False, shuffles=0)
    assert "1 pairs of gene and section were measured constant" in " ".join(profile_text(result).split())
    assert profile_report(result)["models"]["linear"]["undefined"] == 1


def test_a_report_names_targets_and_rows_in_the_given_words():
    context = ReportContext(Words("bead", "beads", "protein"))
    result = profiles_evaluation(leaky=False, shuffles=0, context=context)
    text = profile_text(result)
    assert "beads" in text
    assert "proteins" in text
    assert "gene " not in text


def test_an_audit_that_stopped_comes_before_the_score():
    result = profiles_evaluation(
        findings=[Finding("copies", "stop", "Two sections are one.")], leaky=False, shuffles=0
    )
    sentence = verdict(json.loads(written(result)))
    assert sentence.startswith("UNSOUND: Two sections are one.")
    assert "STOP: these scores are no evidence" in report_page(json.loads(written(result)))


def test_page_shows_models_controls_targets_and_sections(result):
    page = Page(report_page(json.loads(written(result))))
    words = " ".join(page.words.split())
    for expected in (
        "noise ceiling",
        "training mean",
        "shuffled spots",
        "spatial neighbours",
        "patient mean",
        "Best genes",
        "Worst genes",
    ):
        assert expected in words
    assert words.count("GENE") == 40
    assert "Research use only" in words
    assert f"{result.first.pearson.value:.3f}" in words


def test_page_holds_no_script_and_loads_nothing(result):
    html = report_page(json.loads(written(result)))
    assert "default-src 'none'" in html
    assert not re.search(r"<(script|link|iframe|img)\b|https?://", html)


def test_hostile_names_are_text_on_the_page():
    result = profiles_evaluation(prefix=HOSTILE, leaky=False, shuffles=0)
    hostile = Page(report_page(json.loads(written(result))))
    plain = Page(report_page(json.loads(written(profiles_evaluation(leaky=False, shuffles=0)))))
    assert hostile.tags == plain.tags
    assert "\x1b" not in hostile.words
    assert "\u202e" not in hostile.words


def test_page_says_how_patients_were_split():
    result = profiles_evaluation(folds=2)
    assert "split into 2 folds" in report_page(json.loads(written(result)))


def test_a_report_of_profiles_that_is_none_is_refused():
    with pytest.raises(DataError, match=r"not the report\.json"):
        report_page({"results": {"kind": "profiles"}})


def test_targets_predicted_better_than_their_ceiling_are_counted_in_words(result):
    above = sum(target.pearson > 0.9 for target in result.first.targets)
    assert above > 0
    assert f"{above} of 50 genes are predicted better than their ceiling" in " ".join(
        profile_text(result).split()
    )
    assert f"{above} are predicted better" in report_page(json.loads(written(result)))
