"""What the text around a table says of its spectra: the axis' unit, the laser, the exposure, the instrument."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.options import LONGEST_LASER_NM, SHORTEST_LASER_NM
from spectra_dl.spectra.readers.stated.units import AxisUnit, StatedUnit, plain, stated_unit
from spectra_dl.spectra.readers.wording import printable, quoted

# A line that says of what the axis is: "XUNITS 1/CM", "XAxis mode: Wavelengths", "##XUNITS=nm".
_AXIS_ENTRY = re.compile(
    r"\W{0,4}(?:x|axis|axisunit\[\d\]|columns?(?:\s1)?|col\s?1|1|(?:wave-?length|wave-?number|x)[\s_-]units?|x[\s_-]?(?:axis|units?|label|data|achse|unit)\b[\w\s_-]{0,20}?|x-?achse[\w\s]{0,12}|xaxis\w{0,12}|abscissas?[\w\s]{0,12}|"
    r"(?:spectral[\s_-]?|axis[\s_-]?|spectrum[\s_-]?)?units?(?:[\s_-](?:of[\s_-])?(?:the[\s_-])?(?:x|axis|abscissa))?|"
    r"x[\s_-]?(?:title|caption|name|einheit)|(?!.{0,30}\b(?:[yz]|stage|motor|optic))(?:[\w\s-]{0,20}[\s_-])?(?:axis|achse|abszisse|eje|asse|ось)\b[\w\s-]{0,20}?|"
    r"[轴軸]|spectral[\s_-]range[\s_-]units?)"
    r"\s*(?:[:=\t,;]|\s{2})\s*(?P<value>.{1,80})"
)
_LASER = re.compile(
    r"(?:\blaser|excitation|\bexc\b|anregung|激光|激发)[^\n\d]{0,40}?(?<![\d.])(\d{3,4}(?:[.,]\d{1,6})?)(?![\d.,]|\s?(?:m?w\b|%|s\b))|"
    r"(?<![\d.])(\d{3,4}(?:[.,]\d{1,6})?)\s?nm[\s_-]{0,3}(?:laser|excitation)"
)
_LASER_WORD = re.compile("laser|excitation|anregung|激光|激发")
_EXPOSURE = re.compile(
    r"(?:exposure|integration|acq(?:uisition)?\.?|belichtungs?|integrations)\s?-?_?(?:time|zeit)?s?[^\d\n]{0,24}?(?P<number>\d{1,9}(?:[.,]\d{1,6})?)\s?"
    r"(?P<unit>ms|msec|µs|us|μs|s|sec|secs|seconds?|milliseconds?)?\b"
)
_EXPOSURE_UNIT = re.compile(r"[(\[]\s?(ms|msec|μs|us|s|secs?|seconds?|milliseconds?)\s?[)\]]")
_SECONDS = {"m": 1e-3, "μ": 1e-6, "u": 1e-6, "s": 1.0}
_INSTRUMENT = re.compile(
    r"\W{0,4}(?:instrument|spectrometer|spectrograph|model|ger[äa]e?t)(?:\s?(?:name|model))?\s*[:=\t,;]\s*(.{1,80})",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"\W{0,4}(?:data[\s_-]?type|experiment(?:[\s_-]type)?|technique|measurement[\s_-]?type)\s*[:=\t,;]\s*(.{1,80})"
)
_OTHER_METHOD = re.compile(
    r"infra-?\s?red|\bft-?ir\b|\bir\b|\bnir\b|uv-?\s?vis|fluorescence|luminescence|\bnmr\b|mass\s?spec|chromatogra|absorban|transmi"
)
_BARE = re.compile(
    r"[(\[]?\s?(?:(?:rel\.?|raman)\s?)?(?:r?cm\s?-?\s?1|1\s?/\s?cm|/\s?cm|nm|nanomet[a-z]{1,4}|m?ev|[tg]hz|[uμ]m|å|px|pixels?|wavelengths?|"
    r"wavenumbers?|raman shifts?|m/z)\s?[)\]]?"
)
# How a sentence right above the table begins that names its axis.
_HEADING = re.compile(
    r"\W{0,4}(?:wave|raman|shift|energ|photon|frequen|λ|lambda|wellen|longueur|longitud|lunghezza|comprimento|波|拉曼|nm\b|nano|cm\b|1/cm|rel\b|m?ev\b|"
    r"[tg]hz\b|pixel|m/z|x[\s_-]?axis|x\s?(?:in\s|[(\[/]))"
)
# A line that names something and its unit: "Calibration: nm", "Format: nm, counts", "calibrated in nm".
_ENTRY = re.compile(
    r"(?P<name>[^:=\t]{1,60}?)(?:\s*[:=\t]\s*|(?<=calibrated)\s(?:in|to)\s)(?P<value>\S.{0,60})",
    re.IGNORECASE,
)
_OF_ANOTHER_PART = re.compile(
    r"laser|excit|anreg|slit|spalt|stage|motor|optic|band|resol|filter|grating|gitter|blaze|focal|fiber|fibre|pinhole|spot|size|step|width|"
    r"objective|thick|\b[yz]\b|intens|power|shift"
)
_CHUNKS = re.compile(r"\t|\s{2,}|[;,|]")
LONGEST_ENTRY = 200


@dataclass(frozen=True)
class Statements:
    """What a file says in words.

    Attributes
    ----------
    unit
        Of the axis; None where nothing says it.
    laser_nm
        The laser's wavelength; None where nothing says it.
    columns
        Metadata of the whole file by the name of their column, such as ``laser_nm`` and ``exposure_s``.
    """

    unit: StatedUnit | None = None
    laser_nm: float | None = None
    columns: dict[str, str] = field(default_factory=dict)


def read_statements(texts: Iterable[str], names: Sequence[str], where: str, heading: str = "") -> Statements:
    """Return what lines of text and the names that stand over the axis say.

    Parameters
    ----------
    texts
        The lines above and below the table.
    names
        What stands over the axis in the table: its name, and its unit where that has a line of its own.
    where
        The file, for messages.
    heading
        The line right above the numbers, where no names stand over them.

    Raises
    ------
    DataError
        They say two things, or that the spectrum was not measured by Raman scattering.
    """
    lines = [text[:LONGEST_ENTRY] for text in texts]
    for text in lines:
        _refuse_other_method(text, where)
    from_names = [unit for name in names if (unit := stated_unit(name))]
    stated = [*from_names, *(unit for text in lines if (unit := axis_entry(text)))]
    if not from_names and (unit := heading_unit(heading)):
        stated.append(unit)
    alone = next(
        (unit for text in lines if (unit := bare_unit(_CHUNKS.split(text)[0]) or unit_alone(text))), None
    )
    if not stated and alone:
        stated.append(alone)
    laser = next((value for text in (*lines, *names) if (value := laser_wavelength(text))), None)
    columns = _columns(lines)
    if laser:
        columns["laser_nm"] = f"{laser:g}"
    return Statements(agreed(stated, where), laser, columns)


def agreed(stated: Sequence[StatedUnit], where: str) -> StatedUnit | None:
    """Return the unit that all statements agree on, the one that writes it out before one that only names a quantity.

    Parameters
    ----------
    stated
        Of one axis.
    where
        The file, for messages.

    Raises
    ------
    DataError
        Two of them write out different units.
    """
    spelled = [each for each in stated if each.spelled]
    first = next(iter(spelled or stated), None)
    other = next((each for each in spelled if first and each.unit is not first.unit), None)
    if first and other:
        raise DataError(
            f"{where}: the file says both {quoted(first.text)} and {quoted(other.text)} of its axis; delete the one that is wrong, or "
            "export Raman shift in cm⁻¹ again"
        )
    return first


def axis_entry(text: str) -> StatedUnit | None:
    """Return the unit that a line such as "XUNITS = 1/CM" gives the axis.

    >>> axis_entry("XAxis mode: Wavelengths").unit.name, axis_entry("Laser wavelength: 785 nm")
    ('NM', None)
    """
    entry = _AXIS_ENTRY.match(plain(text.replace("\t", " : ").replace('"', "")))
    stated = stated_unit(entry["value"]) if entry else None
    return (
        StatedUnit(stated.unit, printable(text.strip(), 60), stated.spelled, stated.difference)
        if stated
        else None
    )


def bare_unit(text: str) -> StatedUnit | None:
    """Return the unit that is all a line or cell holds, as in PerkinElmer's text; None for anything else.

    >>> bare_unit("rel. 1/cm").unit.name, bare_unit("Laser (nm)")
    ('SHIFT', None)
    """
    stated = stated_unit(text) if len(text.strip()) <= 20 else None
    bare = stated is not None and stated.spelled and stated.unit not in (AxisUnit.TIME, AxisUnit.OTHER)
    return stated if bare and _BARE.fullmatch(plain(text)) else None


def unit_alone(text: str) -> StatedUnit | None:
    """Return the unit that is all an entry of settings says, and so the axis' unit where nothing else says one.

    >>> unit_alone("Calibration: nm").unit.name, unit_alone("Slit: µm"), unit_alone("Filter: 785 nm")
    ('NM', None, None)
    """
    entry = _ENTRY.fullmatch(text.strip())
    if not entry or _OF_ANOTHER_PART.search(plain(entry["name"])):
        return None
    stated = bare_unit(_CHUNKS.split(entry["value"])[0])
    return replace(stated, text=printable(text.strip(), 60)) if stated else None


def heading_unit(text: str) -> StatedUnit | None:
    """Return the unit that a line right above numbers gives the axis, as the header it is; None for an entry such as "Time: 10 s".

    >>> heading_unit("Wavelength (nm)   Counts").unit.name, heading_unit("Slit width [µm]: 100"), heading_unit("Number of pixels")
    ('NM', None, None)
    """
    if re.search(r"[:=]|\d{3}|\d\s?nm", text) or _LASER_WORD.search(plain(text)):
        return None
    axis = next((name for name in _CHUNKS.split(text.strip()) if name and _HEADING.match(plain(name))), "")
    return stated_unit(axis)


def laser_wavelength(text: str) -> float | None:
    """Return the laser's wavelength in nm that a text names.

    >>> laser_wavelength("Laser Wavelength,785.0"), laser_wavelength("Laser power 300 mW")
    (785.0, None)
    """
    match = _LASER.search(plain(text))
    if not match:
        return None
    value = float((match[1] or match[2]).replace(",", "."))
    return value if SHORTEST_LASER_NM <= value <= LONGEST_LASER_NM else None


def _columns(lines: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for text in lines:
        exposure = _exposure(plain(text))
        if exposure is not None:
            columns.setdefault("exposure_s", f"{exposure:g}")
        if instrument := _INSTRUMENT.match(text):
            columns.setdefault("instrument", printable(instrument[1].strip(), 80))
    return columns


def _exposure(text: str) -> float | None:
    """Return an exposure in seconds, where its unit is written."""
    match = _EXPOSURE.search(text)
    if not match:
        return None
    bracket = _EXPOSURE_UNIT.search(text)
    unit = match["unit"] or (bracket[1] if bracket else "")
    return float(match["number"].replace(",", ".")) * _SECONDS[unit[0]] if unit else None


def _refuse_other_method(text: str, where: str) -> None:
    kind = _KIND.match(plain(text.replace("\t", " : ")))
    if kind and _OTHER_METHOD.search(kind[1]) and "raman" not in kind[1]:
        raise DataError(
            f"{where}: the file says {quoted(text)}, so it holds no Raman spectrum; give a Raman spectrum, or delete the line if it is wrong"
        )
