"""One person under several spellings of an id: a typist's capital, a no-break space, a letter O must not put anybody on both sides of a split."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from spectra_dl.arrays import Texts, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.wording import first_few

# What says that a number is a person's and no more than that.
_PREFIX = re.compile(
    r"(?:case|id|no|nr|num|number|p|pat|patient|person|pid|pt|s|sample|sub|subj|subject)[\W_]*+([0-9]++)"
)
_WHOLE = re.compile(r"([+-]?[0-9]++)[.,]0++")
# Letters of Greek and Cyrillic whose capitals look like Latin ones: a keyboard that was set to the other script.
_LOOKS_LIKE = str.maketrans("αβεζηικμνορτυχавекмнорстухіјѕ", "abezhikmnoptyxabekmhopctyxijs")
# Between a letter and anything, or at an end; between digits they part two numbers.
_PUNCTUATION = re.compile(r"[\s_./\\'\"#(),:;\u2010-\u2015\u2212-]+")
_INVISIBLE_CATEGORIES = {"Cc", "Cf"}
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))


@dataclass(frozen=True)
class OneSpelling:
    """Ids with one spelling for each person.

    Attributes
    ----------
    names
        An id per row, in the spelling that most rows have.
    notes
        Which spellings were taken for one person; empty where each had one.
    """

    names: list[str]
    notes: tuple[str, ...]


@lru_cache(maxsize=65_536)
def spelling_key(name: str) -> str:
    """Return what ids have in common that differ in spelling only.

    Case, Unicode form, width, spaces, invisible characters, letters of another script that look alike, a decimal ``.0``, the letter O
    beside digits and zeros in front of a number behind a word make no difference. Accents do, since José and Jose may be two
    people, and so do zeros in front of an id that is a number and nothing else: ids are text.

    Examples
    --------
    >>> spelling_key("P 007") == spelling_key("p7"), spelling_key("7.0") == spelling_key("7")
    (True, True)
    >>> spelling_key("P70") == spelling_key("P7"), spelling_key("07") == spelling_key("7")
    (False, False)
    """
    text = name.casefold() if name.isascii() and name.isprintable() else in_one_form(name)
    text = " ".join(text.split())
    whole = _WHOLE.fullmatch(text)
    text = whole.group(1) if whole else text
    text = re.sub(r"(?<![0-9]) | (?![0-9])", "", text)  # a space between digits parts two numbers
    text = re.sub(r"(?<=[0-9])o++|(?<!o)o++(?=[0-9])", lambda letters: "0" * len(letters.group()), text)
    return _without_front_zeros(text)


def _without_front_zeros(text: str) -> str:
    return text if text.isdecimal() else re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)


def one_spelling(names: Texts) -> OneSpelling:
    """Return ids in which nobody has two spellings.

    Parameters
    ----------
    names
        ``(n,)`` text, per row.

    Raises
    ------
    DataError
        An id stands alone and behind a word for patient, as ``7`` and ``patient_7``, or two differ in punctuation only, as ``SIM-05`` and
        ``SIM_05``: whether that is one person only the lab knows.

    Examples
    --------
    >>> one_spelling(["A1", "a1", "A1", "B2"]).names
    ['A1', 'A1', 'A1', 'B2']
    """
    texts = list(text_array(names))
    rows = Counter(texts)
    spellings: dict[str, list[str]] = defaultdict(list)
    for text in sorted(rows):
        spellings[spelling_key(text)].append(text)
    _refuse_lone_prefixes(spellings)
    _refuse_other_punctuation(spellings)
    chosen = {
        text: max(variants, key=lambda variant: rows[variant])
        for variants in spellings.values()
        for text in variants
    }
    several = [variants for variants in spellings.values() if len(variants) > 1]
    notes = [spelling_note(several)] if several else []
    return OneSpelling([chosen[text] for text in texts], (*notes, *_zero_notes(spellings)))


def spelled_alike(names: Sequence[str], of: str) -> list[str]:
    """Return the ids that are a person's by their spelling, sorted.

    Parameters
    ----------
    names
        Ids as the input has them.
    of
        The person's id in any spelling.
    """
    key = spelling_key(of)
    return sorted({name for name in names if spelling_key(name) == key})


def spelling_note(several: Sequence[Sequence[str]]) -> str:
    """Return the note that these spellings were taken for one person each.

    Parameters
    ----------
    several
        The spellings of each person who has more than one.
    """
    listed = first_few((" = ".join(ascii(text) for text in variants) for variants in several), at_most=3)
    people = "one person" if len(several) == 1 else f"{len(several)} persons"
    return f"ids that differ in spelling only were taken for {people}: {listed}"


def _zero_notes(spellings: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the note that numbers with other zeros in front are other people, if there are any."""
    alike = defaultdict(list)
    for key, variants in spellings.items():
        if key.isdecimal():
            alike[_value(key)].append(variants[0])
    several = [variants for variants in alike.values() if len(variants) > 1]
    if several:
        listed = first_few((" and ".join(map(ascii, variants)) for variants in several), at_most=3)
        yield (
            f"ids that differ by zeros in front only were taken for different persons: {listed}; if they are one person's, give them one id"
        )


def _value(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _refuse_lone_prefixes(spellings: Mapping[str, Sequence[str]]) -> None:
    bare = {_value(key): variants for key, variants in spellings.items() if key.isdecimal()}
    asked = []
    for key, variants in spellings.items():
        found = _PREFIX.fullmatch(key)
        if found and _value(found.group(1)) in bare:
            asked.append(f"{bare[_value(found.group(1))][0]!a} and {variants[0]!a}")
    _ask(asked)


def _refuse_other_punctuation(spellings: Mapping[str, Sequence[str]]) -> None:
    alike = defaultdict(list)
    for key, variants in spellings.items():
        alike[_without_punctuation(key)].append(variants[0])
    _ask([" and ".join(map(ascii, variants)) for variants in alike.values() if len(variants) > 1])


def _without_punctuation(key: str) -> str:
    """Return what spellings have in common that differ in punctuation only; numbers with a sign or a fraction, and zeros in front, are left."""
    if re.fullmatch(r"[+-]?[0-9]++(?:[.,][0-9]++)?", key):
        return key
    words = [word for word in _PUNCTUATION.split(key) if word]
    text = "".join(
        ("-" if before[-1:].isdecimal() and word[0].isdecimal() else "") + word
        for before, word in zip(["", *words], words, strict=False)
    )
    return _without_front_zeros(text) or key


def _ask(asked: Sequence[str]) -> None:
    if asked:
        raise DataError(
            f"are these the same patients: {first_few(asked)}? Give each person one id in all rows; two people need ids that differ in more"
        )


def in_one_form(name: str) -> str:
    """Return a name in one case, Unicode form, width and script, without what can't be seen; plain printable text has one form.

    >>> in_one_form("Control\u200b") == in_one_form("\u0421ONTROL")  # with a Cyrillic letter
    True
    """
    text = unicodedata.normalize("NFKC", name)
    text = unicodedata.normalize("NFKC", text.casefold()).translate(_LOOKS_LIKE)
    return "".join(_ascii_digit(letter) for letter in text if _is_visible(letter))


def _is_visible(letter: str) -> bool:
    return letter.isspace() or not (
        unicodedata.category(letter) in _INVISIBLE_CATEGORIES
        or letter in _INVISIBLE
        or letter >= "\U000e0100"
    )


def _ascii_digit(letter: str) -> str:
    return str(unicodedata.digit(letter, letter)) if letter.isdecimal() else letter
