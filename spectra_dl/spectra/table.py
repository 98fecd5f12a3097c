"""The table of spectra that every part of the Raman path takes and gives."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array, unmasked
from spectra_dl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from spectra_dl.spectra.readers.options import ReadOptions

MEASURED = "measured_sha256"
LASER = "laser_nm"
CALIBRATION = "axis_calibration"
TRANSFER = "instrument_transfer"
QUALITY = "quality_as_measured"  # the verdict on what was measured, which a map or a response would hide
PROJECTED = "projected by"  # begins what stands there where both instruments must be mapped
_DIGITS = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, eq=False, repr=False)
class SpectraTable:
    """Spectra on one wavenumber axis, with who and where each came from.

    Attributes
    ----------
    intensity
        ``(n, p)`` float64, one row per spectrum in input order; NaN where the file had no value or an array's mask hides it.
    wavenumber
        ``(p,)`` float64, Raman shift in cm⁻¹, strictly ascending.
    sample_id
        ``(n,)`` text, as given; ids are never numbers ("7" and "07" are different people).
    patient, label, batch
        ``(n,)`` text, or None where the input names none; a missing entry (None, NaN, masked) is the empty text.
    source
        ``(n,)`` text: the file and line (or column) each spectrum stood in.
    metadata
        Every other column of the input by name, as text.
    notes
        One sentence for each guess or change the reader made.
    overlaps
        Low and high end, cm⁻¹, of each range where windows of one spectrum overlapped and were cut.

    Raises
    ------
    DataError
        Shapes disagree or the axis does not ascend.

    Examples
    --------
    >>> import numpy as np
    >>> table = SpectraTable(np.ones((3, 701)), np.linspace(400, 1800, 701), ["S1", "S2", "S3"], patient=["p1", "p1", "p2"])
    >>> table
    SpectraTable(3 spectra, 701 points, 400-1800 cm-1, 2 patients)
    >>> len(table.select(table.patient == "p1"))
    2
    """

    intensity: FloatArray
    wavenumber: FloatArray
    sample_id: TextArray
    patient: TextArray | None = None
    label: TextArray | None = None
    batch: TextArray | None = None
    source: TextArray | None = None
    metadata: Mapping[str, TextArray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    overlaps: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "intensity", np.ascontiguousarray(unmasked(self.intensity), dtype=np.float64)
        )
        object.__setattr__(
            self, "wavenumber", np.ascontiguousarray(unmasked(self.wavenumber), dtype=np.float64)
        )
        if self.intensity.ndim != 2 or self.wavenumber.shape != self.intensity.shape[1:]:
            raise DataError(
                f"intensity of shape {self.intensity.shape} does not fit {self.wavenumber.size} wavenumbers; give (n, p) and (p,)"
            )
        if self.wavenumber.size and not bool(np.all(np.diff(self.wavenumber) > 0)):
            raise DataError("the wavenumbers do not ascend; sort the axis and drop doubled points")
        object.__setattr__(self, "sample_id", text_array(self.sample_id))
        for name in ("patient", "label", "batch", "source"):
            column = getattr(self, name)
            if column is not None:
                object.__setattr__(self, name, text_array(column))
        object.__setattr__(
            self, "metadata", {name: text_array(column) for name, column in self.metadata.items()}
        )
        for name, column in self._columns().items():
            if len(column) != len(self):
                raise DataError(f"column {name!r} has {len(column)} entries for {len(self)} spectra")

    def __len__(self) -> int:
        return int(self.intensity.shape[0])

    @property
    def shape(self) -> tuple[int, int]:
        """How many spectra and points, ``(n, p)``: scikit-learn takes rows of whatever has a shape."""
        return self.intensity.shape[0], self.intensity.shape[1]

    @property
    def laser_nm(self) -> float | None:
        """The wavelength of the laser that all spectra state, in nm; None where they don't."""
        stated = set(self.metadata.get(LASER, ()))
        try:
            wavelength = float(stated.pop()) if len(stated) == 1 else math.nan
        except ValueError:
            return None
        return wavelength if math.isfinite(wavelength) and wavelength > 0 else None

    @property
    def axis_calibration(self) -> str | None:
        """By which standard the axis was corrected, where all spectra say the same; None where they don't."""
        stated = set(self.metadata.get(CALIBRATION, ()))
        return str(stated.pop()) or None if len(stated) == 1 else None

    @property
    def instrument_transfer(self) -> str | None:
        """By what spectra were brought to another instrument's, where all that were say the same; None where none was, or they don't."""
        stated = set(self.metadata.get(TRANSFER, ())) - {""}
        return str(stated.pop()) if len(stated) == 1 else None

    def __getitem__(self, rows: Any) -> "SpectraTable":
        """Return the spectra at ``rows``, as `select` does; scikit-learn writes them as ``[rows, ...]``."""
        if isinstance(rows, tuple) and len(rows) == 2 and rows[1] is Ellipsis:
            rows = rows[0]
        return self.select(rows)

    def _columns(self) -> dict[str, TextArray]:
        named = {name: getattr(self, name) for name in ("sample_id", "patient", "label", "batch", "source")}
        return {name: column for name, column in named.items() if column is not None} | dict(self.metadata)

    def select(self, rows: ArrayLike) -> "SpectraTable":
        """Return the spectra at ``rows`` (indices or a boolean mask), in that order."""
        index = np.asarray(rows)

        def pick(column: TextArray | None) -> TextArray | None:
            return None if column is None else column[index]

        return replace(
            self,
            intensity=self.intensity[index],
            sample_id=self.sample_id[index],
            patient=pick(self.patient),
            label=pick(self.label),
            batch=pick(self.batch),
            source=pick(self.source),
            metadata={name: column[index] for name, column in self.metadata.items()},
        )

    def points(self, points: slice | NDArray[np.bool_]) -> "SpectraTable":
        """Return the spectra at some points of the axis."""
        return replace(self, intensity=self.intensity[:, points], wavenumber=self.wavenumber[points])

    def to_pandas(self) -> "pd.DataFrame":
        """Return the table as a data frame, a row per spectrum, which `from_pandas` takes back unchanged.

        Returns
        -------
        pandas.DataFrame
            First the columns of text under the names that the readers look for (sample_id, patient_id, label, batch) and the
            metadata under their own, then one float64 column per wavenumber, named as in a CSV file ("400.0"). The index,
            called "source", says where each spectrum came from, if the table does; the notes stand in ``attrs``.

        Raises
        ------
        DataError
            A metadata column has a name that would be taken for a wavenumber, an id or a label.

        Examples
        --------
        >>> table = SpectraTable([[1.0, 2.0, 3.0]], [400.0, 402.0, 404.0], ["S1"], label=["sick"])
        >>> print(table.to_pandas().to_string(index=False))
        sample_id label  400.0  402.0  404.0
               S1  sick    1.0    2.0    3.0
        """
        from spectra_dl.spectra.frames import to_frame

        return to_frame(self)

    @classmethod
    def from_pandas(cls, frame: "pd.DataFrame", options: "ReadOptions | None" = None) -> "SpectraTable":
        """Make a table of a data frame with one spectrum per row, with the checks that a file of spectra gets.

        Parameters
        ----------
        frame
            Columns whose names are numbers are the wavenumber axis in cm⁻¹, in any order, and hold numbers (missing ones
            become NaN); all others are metadata and become text.
        options
            Which columns say who each spectrum belongs to; by default those with the usual names, as in
            `spectra_dl.read_spectra`.

        Returns
        -------
        SpectraTable
            Its ``notes`` hold every guess that was made.

        Raises
        ------
        DataError
            The columns hold no axis or a doubtful one, text where numbers belong, an id that stands twice, is empty, or is
            a number with a decimal point.
        UsageError
            An option names a column that is not there.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"user": ["07", "7"], "400": [1.0, 4.0], "402": [2.0, 5.0], "404": [3.0, 6.0]})
        >>> from spectra_dl.spectra.readers import ReadOptions
        >>> SpectraTable.from_pandas(frame, ReadOptions(patient="user"))
        SpectraTable(2 spectra, 3 points, 400-404 cm-1, 2 patients)
        """
        from spectra_dl.spectra.frames import from_frame

        return from_frame(frame, options)

    def with_notes(self, *notes: str) -> "SpectraTable":
        """Return the same table with ``notes`` added."""
        return replace(self, notes=(*self.notes, *notes))

    def __repr__(self) -> str:
        return f"SpectraTable({', '.join(self._summary())})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the summary, the first spectra and the notes, all texts escaped."""
        from spectra_dl.spectra.frames import table_html

        return table_html(self, self._summary())

    def _summary(self) -> list[str]:
        parts = [_counted(len(self), "spectrum", "spectra"), _counted(self.wavenumber.size, "point")]
        if self.wavenumber.size:
            parts.append(f"{self.wavenumber[0]:g}-{self.wavenumber[-1]:g} cm-1")
        for name in ("patient", "label"):
            column = getattr(self, name)
            if column is not None:
                parts.append(_counted(len(set(column) - {""}), name))
        return parts


def _counted(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def as_table(spectra: ArrayLike | SpectraTable, wavenumber: FloatArray) -> SpectraTable:
    """Return spectra as a table; a table stays as it is, with all its columns.

    Parameters
    ----------
    spectra
        ``(n, p)`` intensities, or a table.
    wavenumber
        ``(p,)`` in cm⁻¹, of a matrix of intensities.

    Raises
    ------
    DataError
        The table has another axis, or the matrix does not fit the axis.
    """
    if isinstance(spectra, SpectraTable):
        if not np.array_equal(spectra.wavenumber, np.asarray(wavenumber)):
            raise DataError(
                "the table's wavenumbers are not those the model was made for; bring it to that axis"
            )
        return spectra
    matrix = np.asarray(unmasked(spectra), dtype=np.float64)
    return SpectraTable(matrix, np.asarray(wavenumber), text_array(range(len(matrix))))


def spectrum_hashes(table: SpectraTable) -> list[str]:
    """Return 16 hexadecimal digits of SHA-256 for each spectrum as it was measured.

    A reader that changes intensities, for instance to bring several axes onto one grid, keeps the digits of what stood in the
    file in the column `MEASURED`, so that a spectrum is known again in other company.
    """
    kept = table.metadata.get(MEASURED, ())
    if len(kept) and all(_DIGITS.fullmatch(digits) for digits in kept):
        return list(kept)
    return [hashlib.sha256(row.tobytes()).hexdigest()[:16] for row in table.intensity]
