"""Columns that instruments and people write beside spectra: dark, reference, baseline, mean, error, ..."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.stated.units import AxisUnit, plain, stated_unit
from spectra_dl.spectra.readers.text.ramps import is_monotonic
from spectra_dl.spectra.readers.wording import listed, quoted

_SPECTRUM = r"(?:\s?(?:spectrum|spectra|spektrum|counts?|current|signal|intensity|curve|line|noise|fit))?"
# Never a sample.
_ASIDE = re.compile(
    rf"(?:dark|darks|dunkel\w{{0,10}}|(?:white|dark|laser)?\s?reference|wei(?:ß|ss)referenz|lamp|bruit|noise|flags?|mask|saturat(?:ed|ion)|quality|weights?|"
    rf"temperature|temperatur|position|depth|tiefe|ref|referenz\w{{0,10}}|background|bkg|bkgd|bg|untergrund|hintergrund|base\s?line|basislinie|"
    rf"ligne de base|fond|residuals?|暗|暗背景|背景|基线|参考){_SPECTRUM}|"
    r"(?:std|stddev|stdev|écart\stype|err|std\s?dev(?:iation)?|st\s?dev|sd|s\.d\.|standard\s?(?:deviation|error)|standardabweichung|sem|se|var|variance|errors?|"
    r"fehler|uncertainty|sigma|标准差|误差|[±+]/?-?\s?(?:sd|std|err\w*))|"
    r"(?:pixels?|pix|px|channels?|index|idx|no|nr|number|point|points?|row|time|zeit|timestamp|像素)(?:\s?(?:no|nr|number|#|index))?"
)
_MEANS = "mean|average|avg|median|mittelwert|moyenne|平均|平均值|sum|total"
# What was computed from a sample: its spectrum where nothing else is.
_DERIVED = re.compile(
    rf"(?:(?:sg|savgol|savitzky golay)?\s?smooth(?:ed)?|(?:first|second|1st|2nd)?\s?derivative|gegl[äa]e?ttet|processed|corrected|(?:base\s?line|dark|background)\s?(?:corrected|subtracted)|normali[sz]ed|filtered|fit|fitted|"
    rf"{_MEANS}|difference){_SPECTRUM}"
)
_MODE = re.compile(r"scope|raman|absorbance|transmittance|reflectance|counts?|intensity|irradiance")
_RAW = re.compile(rf"(?:raw|unprocessed|roh(?:daten)?|original|sample\s?raw){_SPECTRUM}")
FLAG = "--intensity COLUMN"
_BRACKETS = re.compile(r"\s?[(\[][^()\[\]]{0,30}[)\]]")


def _whole_name(name: str) -> str:
    """Return a column's name without its unit, separators and numbering marks."""
    bare = _BRACKETS.sub("", plain(name))
    return re.sub(r"[\s_#.:-]+", " ", bare).strip()


def is_companion(name: str) -> bool:
    """Return whether a column's whole name says that it is no sample.

    >>> is_companion("Dark"), is_companion("std"), is_companion("Dark chocolate")
    (True, True, False)
    """
    return bool(name) and _ASIDE.fullmatch(_whole_name(name)) is not None


@dataclass(frozen=True)
class Chosen:
    """Which columns are spectra.

    Attributes
    ----------
    spectra
        Their positions.
    notes
        What was left out, and why.
    """

    spectra: tuple[int, ...]
    notes: tuple[str, ...] = ()


def choose_spectra(
    columns: Mapping[int, FloatArray], names: Sequence[str], intensity: Sequence[str], where: str
) -> Chosen:
    """Return which columns of intensities are samples, by their names.

    Parameters
    ----------
    columns
        ``(p,)`` values of each column that is no axis, by its position.
    names
        Of all columns, "" for none.
    intensity
        The columns that the user names; empty leaves the choice to the names.
    where
        The file, for messages.

    Raises
    ------
    DataError
        No column is a sample, or several are the same one in different states; names them and the option that chooses.
    """
    if intensity:
        return _chosen_by_user(columns, names, intensity, where)
    aside = [
        k
        for k in columns
        if is_companion(names[k])
        or (_is_axis(names[k]) and is_monotonic(columns[k]))
        or _is_spread_of_another(names[k], [names[j] for j in columns if j != k])
    ]
    whole = {k: _whole_name(names[k]) for k in columns if k not in aside}
    derived = [k for k, name in whole.items() if _DERIVED.fullmatch(name)]
    raw = [k for k, name in whole.items() if _RAW.fullmatch(name)]
    if aside and "sample" in whole.values():  # beside its dark, and what the instrument computed from both
        raw += [k for k, name in whole.items() if name == "sample"]
        derived += [k for k, name in whole.items() if _MODE.fullmatch(name)]
    samples = [k for k in whole if k not in derived and k not in raw]
    left_out = [names[k] for k in columns if k not in samples]
    if samples:
        return Chosen(tuple(samples), _note(left_out))
    if raw and derived:
        at = _raw_less_dark(columns, names, raw, derived)
        if at is not None:
            notes = _note([names[k] for k in columns if k != at])
            return Chosen(
                (at,), (*notes, f"column {quoted(names[at])} is {quoted(names[raw[0]])} less the dark")
            )
    candidates = raw + derived
    if len(candidates) == 1:
        return Chosen(tuple(candidates), _note([names[k] for k in columns if k not in candidates]))
    if not candidates:
        raise DataError(
            f"{where}: no column of a sample: {listed((names[k] for k in columns), 120)} stand beside samples; rename the column that is "
            f"one, or choose it with {FLAG}"
        )
    raise DataError(
        f"{where}: the columns {listed((names[k] for k in candidates), 120)} are one sample in several states, not several samples; "
        f"choose one with {FLAG}, or delete the others"
    )


def _chosen_by_user(
    columns: Mapping[int, FloatArray], names: Sequence[str], intensity: Sequence[str], where: str
) -> Chosen:
    missing = [name for name in intensity if name not in [names[k] for k in columns]]
    if missing:
        raise DataError(
            f"{where}: no column of intensities {quoted(missing[0])}; there are {listed((names[k] for k in columns), 160)}; correct "
            "--intensity"
        )
    spectra = tuple(k for k in columns if names[k] in intensity)
    return Chosen(
        spectra, _note([names[k] for k in columns if k not in spectra], "--intensity does not name them")
    )


_MEASURED = re.compile("intensity|intensität|counts?|signal|raman")
_SPREAD = re.compile(
    r"(?:(?:std|sd|stddev|err|error|sem)\s(?P<after>.+)|(?P<before>.+?)\s(?:std|sd|stddev|stdev|err|errors?|sem|uncertainty))"
)


def _is_spread_of_another(name: str, others: Sequence[str]) -> bool:
    """Return whether a name is that of another column with a word for its spread, such as "A std"."""
    spread = _SPREAD.fullmatch(_whole_name(name))
    of = (spread["after"] or spread["before"]) if spread else ""
    return bool(of) and (of in map(_whole_name, others) or _MEASURED.fullmatch(of) is not None)


def _is_axis(name: str) -> bool:
    """Return whether a column beside the axis is the same axis in another unit."""
    stated = stated_unit(name)
    return stated is not None and stated.unit is not AxisUnit.OTHER


def _note(names: Sequence[str], why: str = "by their names they are no samples") -> tuple[str, ...]:
    return (f"columns left out, {why}: {listed(map(quoted, names), 120)}; {FLAG} chooses",) if names else ()


def _raw_less_dark(
    columns: Mapping[int, FloatArray], names: Sequence[str], raw: Sequence[int], derived: Sequence[int]
) -> int | None:
    """Return the column that is the raw one less the dark one, where there are these three."""
    dark = [k for k in columns if _whole_name(names[k]).startswith("dark")]
    if len(raw) != 1 or len(derived) != 1 or len(dark) != 1:
        return None
    expected = columns[raw[0]] - columns[dark[0]]
    scale = float(np.nanmax(np.abs(columns[raw[0]]), initial=1.0))
    same = np.nanmax(np.abs(columns[derived[0]] - expected), initial=0.0) <= 1e-3 * scale
    return derived[0] if same else None


def is_derived(name: str) -> bool:
    """Return whether a column's whole name says that it was computed from a sample, or is its raw state.

    >>> is_derived("Mean"), is_derived("Patient 7")
    (True, False)
    """
    return bool(_DERIVED.fullmatch(_whole_name(name)) or _RAW.fullmatch(_whole_name(name)))


_OF_SEVERAL = re.compile(_MEANS)


@lru_cache(maxsize=4096)
def is_no_sample(name: str) -> bool:
    """Return whether the name of a row is that of a dark or reference spectrum, of an error or of a mean over rows.

    >>> is_no_sample("Dark"), is_no_sample("mean"), is_no_sample("S1"), is_no_sample("7")
    (True, True, False, False)
    """
    # Nearly every id, without a further look; two letters are somebody's initials.
    if len(name) < 3 or any(map(str.isdigit, name)):
        return False
    return is_companion(name) or _OF_SEVERAL.fullmatch(_whole_name(name)) is not None
