"""Which class is the positive one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.absence_words import absence_score
from spectra_dl.evaluation.class_names import class_names, positive_class

ABSENT = (
    "control", "controls", "CTRL", "ctl", "Healthy", "healthy control", "healthy donors", "control group", "normal", "Normal tissue", "negative",
    "NEG", "0", "0.0", "HC", "HCs", "no", "False", "none", "COV-", "COV−", "HPV (-)", "HIV negative", "met_neg", "non-tumour", "no metastasis",
    "without disease", "never smoker",
)  # fmt: skip
REFERENCE = (
    "benign",
    "WT",
    "wild-type",
    "NC",
    "CN",
    "placebo",
    "sham",
    "vehicle",
    "untreated",
    "normal weight",
    "tumour-free",
)
DISEASES = (
    "AD", "cancer", "COPD", "SARS-CoV-2", "abnormal", "Abnormal", "not normal", "non-healthy", "tumour", "1", "uncontrolled", "triple negative",
    "case", "patients", "obese", "KO", "yes", "COV+", "malignant", "Zeta", "A", "unhealthy",
)  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        (["Healthy", "SARS-CoV-2"], "SARS-CoV-2"),
        (["COV+", "COV-"], "COV+"),
        (["cancer", "control"], "cancer"),
        (["no", "yes"], "yes"),
        (["0", "1"], "1"),
        (["met_neg", "met_pos"], "met_pos"),
        (["bone metastasis", "no metastasis"], "bone metastasis"),
        (["non-tumour", "necrosis"], "necrosis"),
        (["nontumour", "tumour"], "tumour"),
        (["normal", "nodule"], "nodule"),
        (["A", "B"], "B"),
        (["healthy", "control"], "healthy"),
        (["AD", "CTRL"], "AD"),
        (["Abnormal", "Normal"], "Abnormal"),
        (["benign", "malignant"], "malignant"),
        (["benign", "normal"], "benign"),
        (["KO", "WT"], "KO"),
        (["healthy", "not healthy"], "not healthy"),
        (["metastasis", "none"], "metastasis"),
        (["luminal A", "triple negative"], "triple negative"),
        (["CTRL", "AD", "MCI"], "MCI"),
        (["AD", "FTD", "control"], "FTD"),
    ],
)
def test_the_positive_class_follows_the_rule(labels, positive):
    assert positive_class(labels)[0] == positive


@pytest.mark.parametrize("label", ABSENT)
def test_what_names_the_absence_of_disease_is_known_in_any_case(label):
    assert {absence_score(label), absence_score(label.upper()), absence_score(f" {label.lower()} ")} == {2}


@pytest.mark.parametrize("label", REFERENCE)
def test_a_control_arm_gives_way_only_to_plainer_words(label):
    assert absence_score(label) == 1


@pytest.mark.parametrize("label", DISEASES)
def test_no_disease_is_taken_for_its_absence(label):
    assert absence_score(label) == 0


@given(absent=st.sampled_from(ABSENT + REFERENCE), disease=st.sampled_from(DISEASES), turned=st.booleans())
def test_a_control_is_never_the_positive_class_beside_a_disease(absent, disease, turned):
    labels = [disease, absent] if turned else [absent, disease]
    positive, sentence = positive_class(labels)
    assert positive == disease
    assert repr(absent) in sentence


@given(labels=st.sets(st.text(min_size=1, max_size=12), min_size=2, max_size=5))
def test_the_positive_class_is_a_label_whose_absence_no_other_denies_more(labels):
    positive, sentence = positive_class(sorted(labels))
    scores = {label: absence_score(label, sorted(labels)) for label in labels}
    assert scores[positive] == min(scores.values())
    assert positive_class(sorted(labels, reverse=True)) == (positive, sentence)


@given(labels=st.sets(st.text("ABDEFG", min_size=1, max_size=5), min_size=2, max_size=4))
def test_without_any_word_of_absence_the_last_in_sorted_order_is_positive(labels):
    assert positive_class(sorted(labels))[0] == max(labels)


def test_the_sentence_says_where_several_classes_are_left():
    assert positive_class(["AD", "CTRL", "MCI"])[1] == (
        "'MCI' is the positive class because it is the last in sorted order of those that name no control; name another with --positive."
    )


def test_the_class_asked_for_wins_and_the_sentence_says_so():
    assert positive_class(["a", "healthy"], "healthy") == (
        "healthy",
        "'healthy' is the positive class because it was asked for.",
    )


def test_an_unknown_class_is_refused_with_the_labels():
    with pytest.raises(UsageError, match=r"no class 'c'.*'a', 'b'"):
        positive_class(["a", "b"], "c")


def test_the_class_called_none_is_a_class():
    assert class_names(["none", "metastasis"]) == ("metastasis", "none")


def test_five_spellings_are_refused_with_all_of_them():
    with pytest.raises(DataError, match=r"'COVID', 'Covid', 'Covid ', 'c ovid', 'covid'"):
        class_names(["covid", "Covid", "COVID", "Covid ", "c ovid", "well"])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["case", "Case", "control"], "only by case or spaces: 'Case', 'case'"),
        (["bone met", "bonemet", "no"], "only by case or spaces: 'bone met', 'bonemet'"),
        (["ｃase", "case", "no"], "only by case or spaces"),
        (["1", "1.0", "0"], "only in the spelling of a number: '1', '1.0'"),
        (["0,0", "1", "0"], "only in the spelling of a number: '0', '0,0'"),
        (["01", "1", "2"], "only in the spelling of a number: '01', '1'"),
        (["case.", "case", "no"], "only in punctuation or signs that look alike: 'case', 'case.'"),
        (["'case'", "case", "no"], "only in punctuation"),
        (["non\u2013met", "non-met", "met"], "only in punctuation"),
    ],
)
def test_spellings_of_one_class_are_refused(labels, message):
    with pytest.raises(DataError, match=message):
        class_names(labels)


def test_numbers_that_differ_are_classes():
    assert class_names(["1", "10", "1.5", "-1"]) == ("-1", "1", "1.5", "10")


@pytest.mark.parametrize(
    "other",
    [
        "bone_mets",
        "Bone-Mets",
        "bone\u00a0mets",
        "bone m\u0435ts",
        "bone mets\u200b",
        "bone  mets",
        "BONE METS",
    ],
)
def test_two_spellings_of_a_class_are_refused(other):
    with pytest.raises(DataError, match="labels differ only"):
        class_names(["bone mets", other, "control"])


@pytest.mark.parametrize(
    "pair",
    [
        ("COV+", "COV-"),
        ("T1-2", "T12"),
        ("A-", "A"),
        ("10", "1"),
        ("-1", "1"),
        ("0.5", "5"),
        ("1.5", "15"),
        ("none", "-"),
        ("primary unknown", "a"),
        ("bonemets", "bone mets2"),
    ],
)
def test_classes_that_differ_are_kept(pair):
    assert class_names(list(pair)) == tuple(sorted(pair))


@pytest.mark.parametrize(
    "missing",
    [
        "",
        " ",
        "NaN",
        "N/A",
        "#REF!",
        "#VALUE!",
        "?",
        "missing",
        "Not available",
        "TBD",
        "Unknown",
        "n.d.",
        "--",
    ],
)
def test_what_stands_for_no_label_is_no_class(missing):
    words = f", written {missing!r}" if missing.strip() else ""
    with pytest.raises(DataError, match=re.escape(f"1 of 3 spectra have no label (spectrum 2{words}); ")):
        class_names(["a", missing, "b"])
