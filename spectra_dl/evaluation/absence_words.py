"""Which labels name the absence of disease, or what everything else is compared with."""

import re
import unicodedata
from collections.abc import Sequence

# Nothing but the absence of what is looked for.
_ABSENCE = frozenset(
    {
        "absence",
        "absent",
        "control",
        "controls",
        "ctl",
        "ctls",
        "ctr",
        "ctrl",
        "ctrls",
        "false",
        "hc",
        "hcs",
        "healthy",
        "kontrolle",
        "kontrollen",
        "gesund",
        "neg",
        "negative",
        "negatives",
        "negativ",
        "no",
        "none",
        "normal",
        "normals",
    }
)
# The usual state or the untreated arm: absence, unless the other label names it more plainly ("benign" against "normal").
_REFERENCE = frozenset(
    {
        "baseline",
        "benign",
        "blank",
        "cn",
        "con",
        "hv",
        "mock",
        "nc",
        "placebo",
        "reference",
        "sham",
        "unaffected",
        "unexposed",
        "uninfected",
        "unstimulated",
        "untreated",
        "vehicle",
        "wildtype",
        "wt",
    }
)
# Words that change nothing of what stands beside them: "control group", "healthy donors".
_FILLERS = frozenset(
    {
        "adult",
        "adults",
        "animal",
        "animals",
        "arm",
        "case",
        "cases",
        "cell",
        "cells",
        "class",
        "cohort",
        "donor",
        "donors",
        "group",
        "human",
        "individual",
        "individuals",
        "mice",
        "mouse",
        "participant",
        "participants",
        "patient",
        "patients",
        "people",
        "person",
        "persons",
        "sample",
        "samples",
        "serum",
        "subject",
        "subjects",
        "tissue",
        "volunteer",
        "volunteers",
    }
)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d", "-"))
_ZERO = re.compile(r"[+-]?0+([.,]0*)?")
_NEGATION = re.compile(r"(?:no|non|not|without|never)[ _-]+(?=[^ _-])")
_JOINED_NEGATION = re.compile(r"(?:non|un|not|no)")
_WORD = re.compile(r"[^\W\d_]+")
_FREE = (" free", "_free", "-free")
_SHORTEST_WORD = 5  # shorter ones are abbreviations that mean other things beside other words
_SUBTYPES = ("triple negative", "gram negative")  # what has this is no healthy sample


def absence_score(label: str, others: Sequence[str] = ()) -> int:
    """Return how surely a label names the absence of disease: 2 in so many words, 1 as a control arm, in part or by a usual abbreviation, 0 not at all.

    Parameters
    ----------
    label
        Of a class.
    others
        The other classes: ``"nontumour"`` is the absence of ``"tumour"``.

    Examples
    --------
    >>> [absence_score(label) for label in ("CTRL", "healthy donors", "0", "COV-", "non-tumour")]
    [2, 2, 2, 2, 2]
    >>> absence_score("WT"), absence_score("normal weight"), absence_score("not normal"), absence_score("abnormal")
    (1, 1, 0, 0)
    """
    text = _plain(label)
    negated = _NEGATION.match(text)
    if negated:
        return 0 if _score(text[negated.end() :]) else 2
    joined = _JOINED_NEGATION.match(text)
    if joined and text[joined.end() :] in {_plain(other) for other in others}:
        return 0 if _score(text[joined.end() :]) else 2
    return _score(text)


def _plain(label: str) -> str:
    return unicodedata.normalize("NFKC", label).translate(_DASHES).casefold().strip()


def _score(text: str) -> int:
    if _ZERO.fullmatch(text) or text.rstrip(")] ").endswith("-"):
        return 2
    words = _WORD.findall(text)
    together = " ".join(words)
    if together.endswith(_SUBTYPES):
        return 0
    named = [word for word in words if word not in _FILLERS]
    if (named and all(word in _ABSENCE for word in named)) or (words and words[-1] in ("neg", "negative")):
        return 2
    whole = bool(named) and all(word in _ABSENCE | _REFERENCE for word in named)
    in_part = any(word in _ABSENCE | _REFERENCE and len(word) >= _SHORTEST_WORD for word in named)
    return 1 if whole or in_part or "wild type" in together or text.endswith(_FREE) else 0
