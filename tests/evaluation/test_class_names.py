"""Which class is the positive one."""

import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import class_names, positive_class


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
        (["normal", "nodule"], "nodule"),
        (["A", "B"], "B"),
        (["healthy", "control"], "healthy"),
    ],
)
def test_the_positive_class_follows_the_rule(labels, positive):
    assert positive_class(labels)[0] == positive


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
