"""Gene names that a spreadsheet turned into dates or numbers, with the symbols they probably were."""

import re
from collections.abc import Iterable

from spectra_dl.evaluation.wording import first_few

_MONTHS = {
    "mar": 3,
    "mär": 3,
    "mrz": 3,
    "mars": 3,
    "march": 3,
    "sep": 9,
    "sept": 9,
    "dec": 12,
    "dez": 12,
    "déc": 12,
}
# Old symbols read as dates, and the names that replaced them (HGNC 2020).
_GENES = {
    3: ("MARCHF{0} (MARCH{0})", "MTARC{0} (MARC{0})"),
    9: ("SEPTIN{0} (SEPT{0})",),
    12: ("DELEC{0} (DEC{0})",),
}
_HIGHEST = {3: 11, 9: 14, 12: 1}
_BOTH = 2  # MARC1 and MARC2 become the same dates as MARCH1 and MARCH2
_DAY_FIRST = re.compile(r"(?P<number>[0-9]{1,2})[-. /]{1,2}(?P<month>[^\W\d]{3,5})\.?", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"(?P<month>[^\W\d]{3,5})[-. /]{1,2}(?P<number>[0-9]{1,2})", re.IGNORECASE)
_ISO = re.compile(r"(?:19|20)[0-9]{2}-(?P<month>[0-9]{2})-(?P<number>[0-9]{2})(?:[T ]00:00:00)?")
_SERIAL = re.compile(r"[34][0-9]{4}")  # 1982 to 2036
_POWER = re.compile(r"[0-9](?:[.,][0-9]{1,9})?[eE]\+[0-9]{2}")


def likely_symbol(name: str) -> str | None:
    """Return what a name probably was before a spreadsheet read it as a date or a number; None for other names.

    Examples
    --------
    >>> likely_symbol("2-Sep"), likely_symbol("Mar-01"), likely_symbol("2.31E+13"), likely_symbol("SEPT2")
    ('SEPTIN2 (SEPT2)', 'MARCHF1 (MARCH1) or MTARC1 (MARC1)', 'a RIKEN or clone identifier', None)
    """
    text = name.strip()
    if _POWER.fullmatch(text):
        return "a RIKEN or clone identifier"
    found = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text) or _ISO.fullmatch(text)
    if not found:
        return None
    month = int(found["month"]) if found["month"].isdecimal() else _MONTHS.get(found["month"].lower(), 0)
    number = int(found["number"])
    if not 1 <= number <= _HIGHEST.get(month, 0):
        return None
    return " or ".join(gene.format(number) for gene in _GENES[month][: 2 if number <= _BOTH else 1])


def mangled_note(names: Iterable[str], where: str) -> str | None:
    """Return a note of names that a spreadsheet changed, with what they probably were; None without any.

    Parameters
    ----------
    names
        Of genes, as the file has them.
    where
        The section, for the note.
    """
    every = [str(name) for name in names]
    likely = {name: symbol for name in every if (symbol := likely_symbol(name))}
    numbers = [name for name in every if name.isdecimal()]
    if 2 * len(numbers) < len(every):  # else they are numbers of NCBI
        likely |= {name: "a date, as a number of days" for name in numbers if _SERIAL.fullmatch(name)}
    if not likely:
        return None
    listed = first_few(f"{name!a} is probably {symbol}" for name, symbol in sorted(likely.items()))
    return f"{where}: a spreadsheet changed the names of {len(likely)} genes ({listed}); export them again as text"
