"""What the classes are called, and which of two is the one a test looks for."""

import re
import unicodedata
from collections import defaultdict

from spectra_dl.arrays import Texts, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.absence_words import absence_score
from spectra_dl.evaluation.person_ids import in_one_form
from spectra_dl.evaluation.wording import as_written, first_few

# "none" is no word for a missing label: it may be the class without disease.
MISSING_LABELS = frozenset(
    {
        *(
            "",
            "nan",
            "na",
            "n/a",
            "n.a.",
            "nat",
            "<na>",
            "null",
            "missing",
            "not available",
            "tbd",
            "unknown",
            "not known",
            "not determined",
            "n.d.",
            "pending",
            "--",
            "\u2014",
            ".",
            "?",
            "??",
            "???",
        ),
        *("#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!"),  # of spreadsheets
    }
)
# "bone mets" and "bone_mets", but not "T1-2" and "T12", nor "COV-" and "COV+".
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[\s_\u2010-\u2015\u2212-]+(?=[^\W\d_])")
_WHOLE_NUMBER = re.compile(r"([+-]?)([0-9]++)(?:[.,]0++)?")
_QUOTES_AND_POINTS = "'\"`\u2018\u2019\u201c\u201d.,;: "


def class_names(labels: Texts) -> tuple[str, ...]:
    """Return the distinct labels in sorted order, after refusing labels that can't be classes.

    Raises
    ------
    DataError
        A row has no label, there are fewer than two classes, or two labels differ in spelling only.

    Examples
    --------
    >>> class_names(["sick", "healthy", "sick"])
    ('healthy', 'sick')
    """
    labels = text_array(labels)
    missing = [row for row, label in enumerate(labels) if label.strip().lower() in MISSING_LABELS]
    if missing:
        words = as_written(labels[row] for row in missing)
        raise DataError(
            f"{len(missing)} of {len(labels)} spectra have no label (spectrum {first_few(row + 1 for row in missing)}{words}); "
            "label them or leave them out of the input"
        )
    names = sorted(set(labels))
    refuse_spellings_of_one_class(names)
    if len(names) < 2:
        classes_given = f"one class only: {names[0]!r}" if names else "no labels"
        raise DataError(
            f"{classes_given}; a classifier needs spectra of two classes or more (is --label the right column?)"
        )
    return tuple(names)


def refuse_spellings_of_one_class(labels: Texts) -> None:
    """Refuse labels that differ only by case, spaces, a hyphen for a space, quotes around them, a point behind, Unicode form, letters that look alike or, as whole numbers, zeros.

    Parameters
    ----------
    labels
        One label per row, or the distinct labels.

    Raises
    ------
    DataError
        Two of them do.

    Examples
    --------
    >>> refuse_spellings_of_one_class(["1", "1.0", "0"])
    Traceback (most recent call last):
    spectra_dl.errors.DataError: labels differ only in the spelling of a number: '1', '1.0'; write each class in one way, since each spelling would count as a class of its own
    """
    spellings = defaultdict(list)
    for name in sorted(set(text_array(labels))):
        text = "".join(_BETWEEN_LETTERS.sub(" ", in_one_form(name)).split())
        text = text.strip(_QUOTES_AND_POINTS) or text
        if number := _WHOLE_NUMBER.fullmatch(text):
            text = number[1] + (number[2].lstrip("0") or "0")
        spellings[text].append(name)
    groups = [group for group in spellings.values() if len(group) > 1]
    if groups:
        plainly = {"".join(unicodedata.normalize("NFKC", name).split()).casefold() for name in groups[0]}
        otherwise = (
            "in the spelling of a number"
            if groups[0][0][-1:].isdecimal()
            else "in punctuation or signs that look alike"
        )
        how = otherwise if len(plainly) > 1 else "by case or spaces"
        raise DataError(
            f"labels differ only {how}: {first_few([ascii(name) for group in groups for name in group])}; write each class in one way, "
            "since each spelling would count as a class of its own"
        )


def positive_class(labels: Texts, asked: str | None = None) -> tuple[str, str]:
    """Return the class whose sensitivity is reported, and a sentence that says by which rule.

    A class that names the absence of disease or a control (`absence_words`) is it only where every class does, or where it was asked for.

    Parameters
    ----------
    labels
        One label per row, or the distinct labels.
    asked
        The class the user named, if any.

    Raises
    ------
    UsageError
        ``asked`` is none of the labels.

    Examples
    --------
    >>> positive_class(["Healthy", "SARS-CoV-2"])[0]
    'SARS-CoV-2'
    >>> positive_class(["COV+", "COV-"])
    ('COV+', "'COV+' is the positive class because 'COV-' names the absence of disease.")
    >>> positive_class(["A", "B"])
    ('B', "'B' is the positive class because it is the last in sorted order; name another with --positive.")
    """
    names = sorted({str(label) for label in labels})
    if asked is not None:
        if asked not in names:
            raise UsageError(
                f"there is no class {asked!r} to take as positive; the labels are {first_few(map(repr, names))}"
            )
        return asked, f"{asked!r} is the positive class because it was asked for."
    scores = {name: absence_score(name, names) for name in names}
    least = min(scores.values())
    candidates = [name for name in names if scores[name] == least]
    positive, absent = candidates[-1], max(names, key=lambda name: scores[name])
    if len(candidates) == 1 and scores[absent] > least:
        names_what = "the absence of disease" if scores[absent] == 2 else "a control or the usual state"
        return positive, f"{positive!r} is the positive class because {absent!r} names {names_what}."
    among = " of those that name no control" if len(candidates) < len(names) else ""
    reason = f"it is the last in sorted order{among}; name another with --positive."
    return positive, f"{positive!r} is the positive class because {reason}"
