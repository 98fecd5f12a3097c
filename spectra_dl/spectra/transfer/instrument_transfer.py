"""What brings one instrument's spectra to another's: what is stored, and how it is applied."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.spectra.preprocessing.cover import AxisNeeds
from spectra_dl.spectra.preprocessing.recurring_places import Place, points_in
from spectra_dl.spectra.quality.noise import BoolArray
from spectra_dl.spectra.quality.verdicts import inspect
from spectra_dl.spectra.readers.wording import listed
from spectra_dl.spectra.table import (
    CALIBRATION,
    MEASURED,
    PROJECTED,
    QUALITY,
    TRANSFER,
    SpectraTable,
    spectrum_hashes,
)
from spectra_dl.spectra.transfer.choice import PROJECTIONS, Candidate
from spectra_dl.spectra.transfer.methods import SpectrumMap
from spectra_dl.spectra.transfer.pairs import brought_to

if TYPE_CHECKING:
    from spectra_dl.spectra.transfer.transfer_file import MethodError

TITLES = {
    "none": "nothing but the axis",
    "ds": "direct standardisation",
    "pds": "piecewise direct standardisation",
    "epo": "external parameter orthogonalisation",
    "top": "transfer by orthogonal projection",
}


@dataclass(frozen=True, eq=False)
class InstrumentTransfer:
    """A linear map of spectra between instruments; `spectra_dl.learn_transfer` learns it.

    Attributes
    ----------
    candidate
        The method and its size.
    learned
        The map.
    wavenumber
        ``(p,)`` cm⁻¹: the axis of what comes out.
    samples
        How many transfer samples it was learned from.
    master, slave
        The instruments' names where the transfer samples' batches state them, else None.
    calibrated
        Whether the slave's axis had been corrected by a standard before.
    axis_calibration
        By what the master's axis had been, in words; None where it had not.
    errors
        What was compared: what each method left of the instruments' difference in samples that were left out.
    places
        Bands that recur in the transfer samples and are as narrow as cosmic rays.
    spectrum_hashes
        By which the transfer samples' spectra are known again.
    notes
        What was left out of the transfer samples.
    """

    candidate: Candidate
    learned: SpectrumMap
    wavenumber: FloatArray
    samples: int
    master: str | None
    slave: str | None
    calibrated: bool
    errors: tuple["MethodError", ...]
    places: tuple[Place, ...] = ()
    spectrum_hashes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    axis_calibration: str | None = None

    @property
    def method(self) -> str:
        """Its name: none, ds, pds, epo or top."""
        return self.candidate.method

    @property
    def both_sides(self) -> bool:
        """Whether the training spectra must be mapped as well: projections take something away from both instruments."""
        return self.method in PROJECTIONS

    @cached_property
    def digest(self) -> str:
        """Sixteen hexadecimal digits by which it is known again."""
        from spectra_dl.spectra.transfer.transfer_file import digest_of

        return digest_of(self)

    def words(self) -> str:
        """Return the transfer in a sentence, as tables and models carry it."""
        size = self.candidate.words()
        how = f"{self.method.upper()} ({size}, " if size else f"{TITLES[self.method]} ("
        what = PROJECTED if self.both_sides else f"brought to {self.master or 'another instrument'} by"
        return f"{what} {how}{self.samples} transfer samples, transfer {self.digest})"

    def applied(self, table: SpectraTable) -> SpectraTable:
        """Return a table on the master's axis with the slave's spectra brought to it; its column ``instrument_transfer`` says so of each.

        What is made into the master's spectra is on the axis as the master has it, so ``axis_calibration`` is the master's then.
        Spectra whose batch is the master's name are only brought to the axis, but for a projection, which is of all. Cosmic rays are removed before.
        The quality of a spectrum is judged before, since a map can turn what is no spectrum into one: `inspect` of what is returned says what
        was found, short gaps are filled, and refused spectra have no values.

        Parameters
        ----------
        table
            Raw spectra, as the transfer samples were.

        Raises
        ------
        DataError
            The table was transferred before, or its axis does not cover that of the transfer.
        """
        if TRANSFER in table.metadata:
            raise DataError(
                f"the spectra have a column {TRANSFER}: they were transferred before; leave the transfer out"
            )
        self._require_cover(table.wavenumber)
        mapped = self._mapped_rows(table)
        intensity = np.full((len(table), self.wavenumber.size), np.nan)
        whole = float(self.wavenumber[0]), float(self.wavenumber[-1])
        checked, verdicts = inspect(table, points_in(self.places, table.wavenumber), within=whole)
        usable = np.array([verdict.status != "refused" for verdict in verdicts], dtype=np.bool_)
        intensity[usable] = brought_to(checked.select(usable), self.wavenumber, self.places)
        rows = usable & mapped
        intensity[rows] = self.learned(intensity[rows])
        words = self.words()
        metadata = {
            **table.metadata,
            **self._calibration(table, mapped),
            MEASURED: text_array(spectrum_hashes(table)),
            TRANSFER: text_array([words if row else "" for row in mapped]),
            QUALITY: text_array([verdict.text() for verdict in verdicts]),
        }
        notes = (words, *self._notes(table, mapped))
        return replace(
            table.with_notes(*(note for note in notes if note not in table.notes)),
            intensity=intensity,
            wavenumber=self.wavenumber,
            metadata=metadata,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the transfer to a sealed .safetensors file, whole or not at all.

        Parameters
        ----------
        path
            The file.

        Raises
        ------
        EnvironmentFault
            It can't be written.
        """
        from spectra_dl.spectra.transfer.transfer_file import save

        save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "InstrumentTransfer":
        """Read a transfer's file.

        Parameters
        ----------
        path
            Written by `save`.

        Raises
        ------
        ModelFileError
            It can't be read, or is no transfer.
        UnsafeError
            The file is of a kind that can run code; nothing was executed.
        """
        from spectra_dl.spectra.transfer.transfer_file import load

        return load(path)

    def _mapped_rows(self, table: SpectraTable) -> BoolArray:
        rows = np.ones(len(table), dtype=np.bool_)
        if not self.both_sides and self.master is not None and table.batch is not None:
            rows = table.batch != self.master
        return rows

    def _calibration(self, table: SpectraTable, mapped: BoolArray) -> dict[str, TextArray]:
        """Return by what the axis of each spectrum is corrected afterwards; a projection and `none` leave each axis what it was."""
        if self.method not in ("ds", "pds") or (
            self.axis_calibration is None and CALIBRATION not in table.metadata
        ):
            return {}
        before = table.metadata.get(CALIBRATION, np.full(len(table), ""))
        return {CALIBRATION: text_array(np.where(mapped, self.axis_calibration or "", before))}

    def _notes(self, table: SpectraTable, mapped: BoolArray) -> list[str]:
        notes = [*self._on_batches(table)]
        if set(self.spectrum_hashes) & set(spectrum_hashes(table)):
            notes.append(
                "some of these spectra are transfer samples, from which the transfer was learned: leave them out of what is tested"
            )
        corrected = table.metadata.get(CALIBRATION, np.full(len(table), ""))[mapped]
        if corrected.size and self.calibrated != bool((corrected != "").all()):
            was, here = ("was", "was not") if self.calibrated else ("was not", "was")
            notes.append(
                f"the axis of the transfer samples {was} corrected by a standard, and that of these spectra {here}: treat both alike"
            )
        return notes

    def _on_batches(self, table: SpectraTable) -> list[str]:
        if self.both_sides:
            return []
        if self.master is None or table.batch is None:
            return [
                "every spectrum was taken for one of the transfer's second instrument: no batch names the instruments, here or in the transfer samples"
            ]
        others = sorted(set(map(str, table.batch)) - {self.master, self.slave, ""})
        return [
            f"spectra whose batch is {self.master} are on the transfer's axis and otherwise as they were",
            *(
                [
                    f"the transfer was learned from {self.slave or 'another instrument'}, and spectra of {listed(others)} were mapped by it too: right only if "
                    "they were measured on it"
                ]
                if others
                else []
            ),
        ]

    def _require_cover(self, axis: FloatArray) -> None:
        needs = AxisNeeds.of(self.wavenumber)
        if axis.size < 2 or not needs.covered(axis, self.wavenumber).all():
            stated = f"{axis[0]:g} to {axis[-1]:g} cm-1" if axis.size else "nothing"
            raise DataError(
                f"the transfer is of {self.wavenumber[0]:g} to {self.wavenumber[-1]:g} cm-1 with points at most {needs.largest_step:g} apart, and the "
                f"spectra cover {stated}; measure that range, or learn the transfer from samples on the narrower axis"
            )
