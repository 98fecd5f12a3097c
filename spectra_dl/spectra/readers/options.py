"""What a user may state about an input."""

import os
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.errors import UsageError
from spectra_dl.plugins import is_plugin_name

SHORTEST_LASER_NM, LONGEST_LASER_NM = 180.0, 2000.0
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class ReadOptions:
    """Name the columns that say who and where each spectrum came from.

    Attributes
    ----------
    sample_id, patient, label, batch
        Column names. None takes a column of exactly the name ``sample_id``, ``patient_id`` or ``patient``,
        ``label``, ``batch`` where there is one, and says so in the notes. A column named here is never
        read as a wavenumber, even if its name is a number.
    replicates
        Each so many consecutive spectra are one patient ("1", "2", ...); for tables that name no patient.
    samples
        A sample sheet for a folder or list of two-column files: a table with the column ``file`` and any
        of the columns above. Of a table of many spectra: with a column ``sample_id`` or ``file`` (or that of the option) that
        names the spectra by their ids, or by the table's columns.
    laser_nm
        The laser's wavelength in nm, with which an axis in another unit than Raman shift is converted; None refuses such an axis.
    intensity
        Names of the columns that are spectra, where a table has a spectrum a column; empty takes all but those that are no
        samples, such as ``Dark``.
    calibration
        A file of ``calibrate-axis`` by which the axis is corrected once everything is read.
    standard, standard_kind
        A standard measured in the same session, and its name: the axis is corrected by it as by a calibration, which is then left out.
    transfer
        A file of ``transfer`` by which spectra are brought to another instrument's, once their axis is corrected.
    reader
        A plugin that reads every file, as ``plugin:NAME``; None recognises files by their content.

    Raises
    ------
    UsageError
        A name is empty, ``replicates`` is not a whole number of at least 1 or stands beside ``patient``, or ``laser_nm`` is no
        wavelength of a laser, or ``reader`` no plugin's name, or a standard stands beside a calibration.

    Examples
    --------
    >>> ReadOptions(label="category", patient="user").named()
    {'patient': 'user', 'label': 'category'}
    """

    sample_id: str | None = None
    patient: str | None = None
    label: str | None = None
    batch: str | None = None
    replicates: int | None = None
    samples: Path | None = None
    laser_nm: float | None = None
    intensity: tuple[str, ...] = ()
    calibration: Path | None = None
    standard: Path | None = None
    standard_kind: str = "polystyrene"
    transfer: Path | None = None
    reader: str | None = None

    def __post_init__(self) -> None:
        if self.laser_nm is not None and not SHORTEST_LASER_NM <= self.laser_nm <= LONGEST_LASER_NM:
            raise UsageError(
                f"laser_nm is {self.laser_nm!r}; give the laser's wavelength, {SHORTEST_LASER_NM:g} to {LONGEST_LASER_NM:g} nm"
            )
        object.__setattr__(self, "intensity", tuple(name.strip() for name in self.intensity))
        for role, column in self.named().items():
            if not isinstance(column, str) or not column.strip():
                raise UsageError(f"{role} is {column!r}; give the name of a column")
            object.__setattr__(self, role, column.strip())
        if self.reader is not None and not is_plugin_name(self.reader):
            raise UsageError(
                f"reader {self.reader!r:.80}: give an installed plugin as plugin:NAME, or leave it out"
            )
        if self.calibration is not None and self.standard is not None:
            raise UsageError("a calibration and a standard would correct the axis twice; give one of them")
        for name in ("calibration", "standard", "transfer"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, Path(getattr(self, name)))
        if self.samples is not None:
            object.__setattr__(self, "samples", Path(self.samples))
        if self.replicates is None:
            return
        if isinstance(self.replicates, bool) or not isinstance(self.replicates, int) or self.replicates < 1:
            raise UsageError(f"replicates is {self.replicates!r}; give a whole number of at least 1")
        if self.patient is not None:
            raise UsageError(
                f"replicates={self.replicates} and patient={self.patient!r} both say who the patients are; give one"
            )

    def named(self) -> dict[str, str]:
        """Return the roles for which a column was named, with its name."""
        roles = {
            "sample_id": self.sample_id,
            "patient": self.patient,
            "label": self.label,
            "batch": self.batch,
        }
        return {role: column for role, column in roles.items() if column is not None}
