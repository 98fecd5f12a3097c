"""One person under several spellings is one person, or the question is asked."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.person_ids import one_spelling, spelling_key

INVISIBLE = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\ufe0f", "\u3164", "\x07"]
SPACES = [" ", "\u00a0", "\u2003", "\t", "\u3000"]
CHANGES = {
    "case": lambda name, at: name.swapcase(),
    "decomposed": lambda name, at: unicodedata.normalize("NFD", name),
    "width": lambda name, at: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in name),
    "edges": lambda name, at: SPACES[at % 5] + name + SPACES[at % 3],
    "inner space": lambda name, at: name[:1] + SPACES[at % 5] + name[1:] if name[0].isalpha() else name + " ",
    "invisible": lambda name, at: name[: 1 + at % len(name)] + INVISIBLE[at % 8] + name[1 + at % len(name) :],
    "zeros": lambda name, at: (
        name if name.isdecimal() else re.sub(r"(?<![0-9])(?=[0-9])", "00", name, count=1)
    ),
    "letter O": lambda name, at: name.replace("0", "O") if not name.isdecimal() and "0" in name else name,
    "keyboard": lambda name, at: name.translate(str.maketrans("PAOex", "РАОех" if at % 2 else "ΡΑΟeх")),
    "decimal": lambda name, at: f"{name}.0" if name.isdecimal() else name.lower(),
}
NAMES = ["P{}", "José-{}", "{}", "pat{}x", "Müller{}", "A{}/2024", "Ångström {}"]


def spelled(form, number, change, at):
    name = form.format(number)
    return name, CHANGES[change](name, at)


@settings(max_examples=2000, deadline=None)
@given(st.sampled_from(NAMES), st.integers(10, 400), st.sampled_from(sorted(CHANGES)), st.integers(0, 200))
def test_no_spelling_crosses_a_fold(form, number, change, at):
    first, second = spelled(form, number, change, at)
    others = [f"other-{letter}" for letter in "abcdefg"]
    patient, label = [first, *others, second], ["x", *"yxyxyxy", "x"]
    for fold in patient_folds(patient, label, folds=2, seed=at):
        assert (0 in fold.train) == (8 in fold.train)
    assert len(read_patients(patient, label).names) == 8


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(NAMES))
def test_other_numbers_are_other_people(first, second, form):
    same = spelling_key(form.format(first)) == spelling_key(form.format(second))
    assert same == (first == second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("José", "Jose"),
        ("P7", "P70"),
        ("P107", "P17"),
        ("1001", "11"),
        ("1 2", "12"),
        ("1.10", "1.1"),
        ("1-2", "12"),
        ("P1-2", "P12"),
        ("P1.5", "P15"),
        ("-5", "5"),
        ("A+", "A-"),
        ("की", "का"),
        ("O", "0"),
        ("7", "07"),
        ("007", "07"),
    ],
)
def test_what_may_be_two_people_stays_two(first, second):
    assert len(set(one_spelling([first, second]).names)) == 2


@settings(max_examples=500, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=12))
def test_any_text_is_taken_and_a_second_pass_changes_nothing(names):
    try:
        once = one_spelling([f"{name}!" for name in names]).names  # no number stands alone or behind a word
    except DataError:  # two that differ in punctuation only
        return
    assert one_spelling(once).names == once
    assert one_spelling(once).notes == ()
    assert len(once) == len(names)


@pytest.mark.parametrize("prefixed", ["patient_7", "P7", "ID 007", "subject-7", "#7", "Nr. 7"])
def test_a_number_with_and_without_a_word_before_it_is_asked_about(prefixed):
    with pytest.raises(DataError, match="are these the same patients"):
        one_spelling(["7", "8", prefixed])


PUNCTUATION = ["-", "_", ".", "/", "\u2013", "\u2011", "'", "#", "--", " - "]


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from(["SIM{}05", "P{}7", "a{}b", "Müller{}12", "A7{}", "{}A7", "A{}7{}x", "3{}M"]),
    st.sampled_from(PUNCTUATION),
    st.sampled_from(["", " ", *PUNCTUATION]),
)
def test_ids_that_differ_in_punctuation_only_are_asked_about(form, first, second):
    names = [form.replace("{}", first), form.replace("{}", second)]
    if spelling_key(names[0]) == spelling_key(names[1]):
        assert len(set(one_spelling([*names, "other"]).names)) == 2
        return
    with pytest.raises(DataError, match="are these the same patients"):
        one_spelling([*names, "other"])


def test_numbers_with_other_zeros_in_front_are_other_people_with_a_note():
    found = one_spelling(["7", "07", "8", "08", "9"])
    assert found.names == ["7", "07", "8", "08", "9"]
    (note,) = found.notes
    assert "taken for different persons: '07' and '7', '08' and '8'" in note


@pytest.mark.parametrize("bare", ["7", "007"])
def test_a_word_before_a_number_is_asked_about_whatever_its_zeros(bare):
    with pytest.raises(DataError, match="are these the same patients"):
        one_spelling([bare, "P07"])


def test_prefixed_ids_alone_and_numbers_of_others_are_no_question():
    assert one_spelling(["P1", "P2", "C1", "C2", "30"]).notes == ()


def test_the_commonest_spelling_stands_for_all_whatever_the_order_of_rows():
    names = ["a1", "A1", "A1", "B2"]
    assert one_spelling(names).names == ["A1", "A1", "A1", "B2"]
    assert one_spelling(names[::-1]).names == ["B2", "A1", "A1", "A1"]
    assert "'A1' = 'a1'" in one_spelling(names).notes[0]


def test_spellings_with_different_labels_are_refused_by_name():
    with pytest.raises(DataError, match="'A1' = 'a1': ids of two people must differ"):
        read_patients(["A1", "a1", "b"], ["sick", "well", "well"])


def test_the_python_door_keeps_spellings_together():
    from sklearn.linear_model import LogisticRegression

    rows = np.random.default_rng(0).normal(size=(40, 3))
    patient = [f"P{number:02d}" if copy else f"p{number} " for number in range(20) for copy in (0, 1)]
    label = ["sick" if number % 2 else "well" for number in range(20) for _ in (0, 1)]
    found = evaluate(
        {"LR": LogisticRegression()},
        rows,
        label,
        patient,
        EvaluationSettings(resamples=100, refits=39, leaky=False),
    )
    assert len(found.patients.names) == 20
    assert all(
        (2 * one in fold.train) == (2 * one + 1 in fold.train) for fold in found.folds for one in range(20)
    )
