"""The unit that words give an axis, in the spellings of instruments and people."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum


class AxisUnit(Enum):
    """What an axis of a spectrum can be measured in; the value is how a message calls it."""

    SHIFT = "Raman shift in cm⁻¹"
    ABSOLUTE = "absolute wavenumbers in cm⁻¹"
    NM = "wavelengths in nm"
    ANGSTROM = "wavelengths in Å"
    MICROMETRE = "wavelengths in µm"
    EV = "energies in eV"
    MEV = "energies in meV"
    THZ = "frequencies in THz"
    GHZ = "frequencies in GHz"
    PIXEL = "pixels of the detector"
    MASS = "m/z, as of a mass spectrum"
    TIME = "time"
    OTHER = "another unit than cm⁻¹"


@dataclass(frozen=True)
class StatedUnit:
    """What a text says of an axis.

    Attributes
    ----------
    unit
        Of the axis.
    text
        As the file writes it.
    spelled
        Whether the unit itself is written, not only a quantity such as "wavelength".
    difference
        Whether the text calls the values a shift or a loss, counted from the laser line.
    """

    unit: AxisUnit
    text: str
    spelled: bool
    difference: bool = False


# A number just before nm is the laser's ("785 nm"), not the unit of the axis.
_ALONE = r"(?<![^\W\d_])(?<!\d)(?<!\d[ .])"
_END = r"(?![^\W\d_])"
INVERSE_CM = (
    r"r?cm[\s.*+~]{0,3}\(?[\s.]{0,2}-?[\s.]{0,2}1\)?(?!\d)|1\s?/\s?cm\b|(?<![^\W\d_])/\s?cm\b|"
    # A minus or a raised one that an export lost: "cm?1", "cmâˆ’1", "cmâ»Â¹".
    r"(?<![^\W\d_])r?cm(?:\?|[^\x00-\x7f]{1,6})1(?!\d)|"
    r"(?:per|inverse|reciprocal|reziproke)\s(?:cm\b|centimet|zentimet)|kayser|厘米|см\s?-?\s?1"
)
_SPELLED: tuple[tuple[AxisUnit, str], ...] = (
    (AxisUnit.SHIFT, INVERSE_CM),
    (AxisUnit.OTHER, r"1\s?/\s?(?:nm|å|mm|m)\b|(?:nm|å|mm|\bm)\s?-\s?1\b"),
    (
        AxisUnit.NM,
        rf"{_ALONE}nm{_END}|(?:^|[(\[/,]\s?)n\.?\s?m\.?(?:[)\]]|$)|nano[\s-]?m[eèé]t|纳米|奈米|ナノメートル|{_ALONE}нм{_END}",
    ),
    (AxisUnit.MICROMETRE, rf"{_ALONE}[uμ]m{_END}|mi[ck]rom[eèé]t|\bmicrons?\b|微米|{_ALONE}мкм{_END}"),
    (AxisUnit.ANGSTROM, rf"{_ALONE}å{_END}|[aå]ngstr[oö]e?m"),
    (AxisUnit.MEV, rf"{_ALONE}mev{_END}|mill?i-?\s?elektronen|milli-?\s?electron|毫电子伏"),
    (
        AxisUnit.EV,
        rf"{_ALONE}ev{_END}|electron-?\s?volt|elektronenvolt|[eé]lectron-?volt|电子伏|эв{_END}|электрон-?\s?вольт",
    ),
    (AxisUnit.THZ, rf"{_ALONE}thz{_END}|terahert|太赫|{_ALONE}тгц{_END}"),
    (AxisUnit.GHZ, rf"{_ALONE}ghz{_END}|gigahert|吉赫|{_ALONE}ггц{_END}"),
    (AxisUnit.MASS, rf"m\s?/\s?[zq]{_END}|^mz$|^th$|\bmass\b|\bmasse\b|\bdaltons?\b|\bamu\b|质荷比|質荷比"),
    (
        AxisUnit.PIXEL,
        rf"pixel|bildpunkt|{_ALONE}px{_END}|\bpix\b|\bchannels?\b|\bkan[aä]le?\b|\bcanal\b|像素|ピクセル|пиксел",
    ),
    (
        AxisUnit.TIME,
        rf"{_ALONE}time{_END}|\bzeit\b|\btemps\b|\btiempo\b|\btempo\b|时间|時間|время|\bretention\b|"
        r"[(\[]\s?(?:s|ms|sec|secs|seconds?|sekunden|min|minutes?|h)\s?[)\]]|^(?:s|sec|secs|seconds?|minutes?|ms)$",
    ),
    (
        AxisUnit.OTHER,
        rf"theta|θ|\bangle\b|\bwinkel\b|{_ALONE}kev{_END}|"
        r"[(\[]\s?(?:°|deg|degrees?|k|°c|v|mv|mm|m|hz|khz|mhz|ppm)\s?[)\]]|"
        r"\bhartrees?\b|\b(?:binding|kinetic)\senergy\b|\bppm\b|\btemperature\b|\btemperatur\b|\bvoltage\b|\bchemical shift\b",
    ),
)
_WAVELENGTH = (
    r"wave[\s_-]?len(?:gth)?|\bwa?ve?[\s._-]?le?n?g?t?h?\b|\bw[\s_-]?len(?:gth)?\b|wellenl(?:ä|ae)nge|longueurs?\sd.ondes?|longitud\sde\sonda|lunghezza\sd.onda|"
    r"comprimento\sde\sonda|golflengte|våglängd|bølgelengde|długość\sfali|dalga\sboyu|^wl$|波长|波長|파장|μήκος\sκύματος|hullámhossz|vlnová\sdélka|длин[аы]\sволны|(?<![^\W\d_])λ(?![^\W\d_])|^lam(?:bda)?\b"
)
_SHIFT = (
    r"raman[\s._-]{0,3}(?:shift|verschiebung)|wave[\s._-]?num|wellenzahl|nombres?\sd.ondes?|n[uú]meros?\sde\sonda|numero\sd.onda|"
    r"d[eé]placement|desplazamiento|decalage\sraman|décalage|ramanverschiebung|golfgetal|liczba\sfalowa|拉曼位移|拉曼频移|波数|波數|ラマンシフト|"
    r"рамановский|волновое"
)
# What an axis may be instead; a word of people, so only with a unit behind it, which is then an unknown one.
_OTHER_QUANTITY = re.compile(r"(?:photon\s)?(?:energ|[eé]nerg|frequen|fr[eé]quen|частота|能量|频率)")
_ABSOLUTE = re.compile(r"\babs(?:olute?s?|\.|\b)|absolut", re.IGNORECASE)
_DIFFERENCE = re.compile(
    r"shift|loss|verschiebung|verlust|rel\b|rel\.|relative|d[eé]calage|位移|频移", re.IGNORECASE
)
_SPELLED_PATTERNS = tuple((unit, re.compile(pattern)) for unit, pattern in _SPELLED)
_WAVELENGTH_PATTERN, _SHIFT_PATTERN = re.compile(_WAVELENGTH), re.compile(_SHIFT)
_BRACKETED = re.compile(r"[(\[{<]([^()\[\]{}<>]{1,30})[)\]}>]")
_LASER = re.compile(r"laser|excitation|anregung|\bexc?\b|激光|激发", re.IGNORECASE)
# What stands in brackets without being a unit of length, energy or time.
_NEUTRAL = re.compile(
    r"(?:a\.?\s?u\.?|arb\.?(?:\sunits?|\.?\su\.?)?|rel\.?|relative|raman|stokes|x|y|abs\.?|-|\d+)"
)
LONGEST_NAME = 200


def plain(text: str) -> str:
    r"""Return a text in lower case with one spelling of minus signs, raised digits, full-width letters and blanks.

    >>> plain("Raman Shift (cm⁻¹)"), plain("cm^{-1}"), plain("λ／ｎｍ")
    ('raman shift (cm-1)', 'cm-1', 'λ/nm')
    """
    # A macron stands for a minus in "cm¯¹"; NFKC would make it a blank with an accent.
    folded = unicodedata.normalize("NFKC", text[:LONGEST_NAME].replace("¯", "-")).lower()
    folded = re.sub(r"[−–—‐‑﹣－˗]", "-", re.sub(r"</?su[bp]>", "", folded))
    return re.sub(r"\s+", " ", re.sub(r"[\^{}$\\]|\*\*", "", folded)).strip()


def stated_unit(name: str) -> StatedUnit | None:
    """Return what the name of an axis, or a line of text about it, says of its unit; None where it says nothing.

    Parameters
    ----------
    name
        The name of a column, perhaps with its unit in brackets, after a slash or as R and Python write names.

    Examples
    --------
    >>> stated_unit("Wavelength [nm]").unit.name, stated_unit("Raman.shift..cm.1.").unit.name, stated_unit("sample")
    ('NM', 'SHIFT', None)
    """
    text = plain(name).replace("_", " ")
    quantity = re.sub(r"[. ]+", " ", text)
    difference = _DIFFERENCE.search(text) is not None
    for unit, pattern in _SPELLED_PATTERNS:
        if pattern.search(text):
            if unit is AxisUnit.SHIFT and _ABSOLUTE.search(text) and "raman" not in text:
                unit = AxisUnit.ABSOLUTE
            return StatedUnit(unit, name.strip(), True, difference)
    if _SHIFT_PATTERN.search(quantity):
        unknown = _unknown_bracket(text)
        absolute = _ABSOLUTE.search(text) is not None
        unit = AxisUnit.OTHER if unknown else AxisUnit.ABSOLUTE if absolute else AxisUnit.SHIFT
        return StatedUnit(unit, name.strip(), unknown, difference)
    if _OTHER_QUANTITY.match(quantity) and _unknown_bracket(text):
        return StatedUnit(AxisUnit.OTHER, name.strip(), True, difference)
    if _WAVELENGTH_PATTERN.search(quantity) and not _LASER.search(text):
        return StatedUnit(AxisUnit.NM, name.strip(), False)
    return None


def _unknown_bracket(text: str) -> bool:
    """Return whether brackets hold what may be a unit, and none that is known."""
    return any(
        not _NEUTRAL.fullmatch(inside.strip()) and len(inside) <= 8 for inside in _BRACKETED.findall(text)
    )


_COUNT = re.compile(
    r"(?:(?:data|sample|scan|row|line|array|detector|camera|ccd)\s?)?"
    r"(?:index|indices|idx|points?|pts?|datapoints?|rows?|columns?|no|nr|n°|num|numbers?|#|steps?|frames?|lines?|zeilen?|bins?|pos|positions?|"
    r"seq|sequence|counter|ch|ccd|detector|element|sensor|i|j|k|n)(?:\s?(?:no|nr|number))?\.?"
)


def names_a_count(name: str) -> bool:
    """Return whether the name of an axis is a word that counts, such as "Point" or "Row no.".

    >>> names_a_count("Data point"), names_a_count("Index"), names_a_count("Shift")
    (True, True, False)
    """
    return _COUNT.fullmatch(plain(name).replace("_", " ")) is not None


_FOREIGN_INTENSITY = re.compile(
    r"absorban|extinktion|absorption|transmi(?:ttan|ssion)|reflectan|reflexion|%\s?t\b|吸光|透过率|absorbanz"
)


def foreign_intensity(name: str) -> bool:
    """Return whether the name of intensities is that of another method than Raman, such as absorbance.

    >>> foreign_intensity("Absorbance (a.u.)"), foreign_intensity("Intensity")
    (True, False)
    """
    return _FOREIGN_INTENSITY.search(plain(name)) is not None
