"""The table of spectra that every part of the Raman path takes and gives."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError

MEASURED = "measured_sha256"
_DIGITS = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, eq=False)
class SpectraTable:
    """Spectra on one wavenumber axis, with who and where each came from.

    Attributes
    ----------
    intensity
        ``(n, p)`` float64, one row per spectrum in input order; NaN where the file had no value.
    wavenumber
        ``(p,)`` float64, Raman shift in cm⁻¹, strictly ascending.
    sample_id
        ``(n,)`` text, as given; ids are never numbers ("7" and "07" are different people).
    patient, label, batch
        ``(n,)`` text, or None where the input names none.
    source
        ``(n,)`` text: the file and line (or column) each spectrum stood in.
    metadata
        Every other column of the input by name, as text.
    notes
        One sentence for each guess or change the reader made.

    Raises
    ------
    DataError
        Shapes disagree or the axis does not ascend.
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "intensity", np.ascontiguousarray(self.intensity, dtype=np.float64))
        object.__setattr__(self, "wavenumber", np.ascontiguousarray(self.wavenumber, dtype=np.float64))
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

    def __getitem__(self, rows: ArrayLike) -> "SpectraTable":
        """Return the spectra at ``rows``, as `select` does."""
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

    def with_notes(self, *notes: str) -> "SpectraTable":
        """Return the same table with ``notes`` added."""
        return replace(self, notes=(*self.notes, *notes))


def spectrum_hashes(table: SpectraTable) -> list[str]:
    """Return 16 hexadecimal digits of SHA-256 for each spectrum as it was measured.

    A reader that changes intensities, for instance to bring several axes onto one grid, keeps the digits of what stood in the
    file in the column `MEASURED`, so that a spectrum is known again in other company.
    """
    kept = table.metadata.get(MEASURED, ())
    if len(kept) and all(_DIGITS.fullmatch(digits) for digits in kept):
        return list(kept)
    return [hashlib.sha256(row.tobytes()).hexdigest()[:16] for row in table.intensity]
