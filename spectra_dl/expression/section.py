"""A tissue section: its image, its spots in µm, and their counts."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from spectra_dl.imaging.image import TissueImage

NO_COUNTS, COUNTS_MISSING, OFF_TISSUE = "no counts", "counts missing", "not under tissue"


@dataclass(frozen=True, eq=False)
class ArrayPlaces:
    """What a file states of the places of an array, one entry per spot; None where it states nothing.

    Attributes
    ----------
    in_tissue
        ``(n,)`` whether the place lies under tissue.
    row, column
        ``(n,)`` integers.
    """

    in_tissue: NDArray[np.bool_] | None = None
    row: NDArray[np.int64] | None = None
    column: NDArray[np.int64] | None = None

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "ArrayPlaces":
        """Return those of these spots."""
        return ArrayPlaces(
            None if self.in_tissue is None else self.in_tissue[rows],
            None if self.row is None else self.row[rows],
            None if self.column is None else self.column[rows],
        )


@dataclass(frozen=True, eq=False)
class TissueSection:
    """A section of tissue with its spots.

    Attributes
    ----------
    name, patient
        Ids as text; the patient is None where not known.
    image
        The image, decoded when a tile is asked for.
    um_per_pixel
        Of ``image``, above 0.
    um_per_pixel_source
        Where that number comes from, in words; it is never guessed.
    barcode
        ``(n,)`` text, unique.
    position_um
        ``(n, 2)`` x and y of each spot's centre in µm from the image's upper left corner; NaN where unknown.
    reason
        ``(n,)`` text: why a spot can't be used; empty where it can.
    counts
        ``(n, g)`` raw counts, float64 CSR; None without counts.
    gene
        ``(g,)`` ids as given, unique.
    symbol
        ``(g,)`` gene symbols, empty where not known.
    spot_diameter_um, spot_pitch_um
        In µm; None where not known.
    notes
        One sentence for each assumption or change of the reader.
    files
        What was read besides the section's own path, the image among them.
    batch
        The batch, scanner or site; None where nobody said.
    full_um_per_pixel
        Of the full-resolution image, in whose pixels the files state positions; None where that is ``image``.
    array
        Places of the array, as the files state them.
    library_id
        What the files call the section in ``uns['spatial']``; None where they don't.

    Examples
    --------
    >>> from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
    >>> section = simulate_tissue(TissueSettings(patients=1, spots_per_side=4, genes=6))[0].section
    >>> section.name, section.patient, len(section), section.counts.shape
    ('SIM1-1', 'SIM1', 13, (13, 6))
    """

    name: str
    patient: str | None
    image: "TissueImage"
    um_per_pixel: float
    um_per_pixel_source: str
    barcode: TextArray
    position_um: FloatArray
    reason: TextArray
    counts: "csr_matrix | None" = None
    gene: TextArray | None = None
    symbol: TextArray | None = None
    spot_diameter_um: float | None = None
    spot_pitch_um: float | None = None
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    batch: str | None = None
    full_um_per_pixel: float | None = None
    array: ArrayPlaces = ArrayPlaces()
    library_id: str | None = None

    def __post_init__(self) -> None:
        n = len(self.barcode)
        if self.position_um.shape != (n, 2) or self.reason.shape != (n,):
            raise DataError(
                f"{self.name}: {n} barcodes for positions of shape {self.position_um.shape}; give x and y of each spot"
            )
        if len(set(self.barcode)) != n:
            raise DataError(
                f"{self.name}: some barcodes stand twice; a join would multiply spots, make them unique"
            )
        if not (np.isfinite(self.um_per_pixel) and self.um_per_pixel > 0):
            raise DataError(f"{self.name}: {self.um_per_pixel} µm per pixel; give a number above 0")
        if self.counts is not None:
            genes = 0 if self.gene is None else len(self.gene)
            if self.counts.shape != (n, genes):
                raise DataError(
                    f"{self.name}: counts of shape {self.counts.shape} for {n} spots and {genes} genes"
                )

    def __len__(self) -> int:
        return len(self.barcode)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """``(n,)`` whether a spot can be used."""
        return np.asarray(self.reason == "", dtype=bool)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """``(n,)`` whether a spot lies on the image, with or without counts."""
        return np.isin(self.reason, ["", NO_COUNTS, COUNTS_MISSING])

    @property
    def full_pixel(self) -> FloatArray:
        """``(n, 2)`` x and y of each spot in pixels of the full-resolution image."""
        return self.position_um / (self.full_um_per_pixel or self.um_per_pixel)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "TissueSection":
        """Return the section with these spots only."""
        return replace(
            self,
            barcode=self.barcode[rows],
            position_um=self.position_um[rows],
            reason=self.reason[rows],
            counts=None if self.counts is None else self.counts[rows],
            array=self.array.select(rows),
        )


def no_counts(section: TissueSection) -> str:
    """Return why a section has no counts, and what to do where they are needed: its reader's note, where there is one."""
    noted = next(
        (note for note in section.notes if "not taken as counts" in note),
        f"{section.name}: no counts of genes",
    )
    wanted = "" if "layers/counts" in noted else " (in an .h5ad, put raw counts into layers/counts)"
    return f"{noted}; leave the section out, or bring its counts{wanted}"


def pitch_of(position: FloatArray) -> float:
    """Return the median distance of a spot's nearest neighbour, of positions ``(n, 2)``; NaN with fewer than two known ones."""
    from scipy.spatial import cKDTree

    known = position[np.isfinite(position).all(axis=1)]
    if len(known) < 2:
        return float("nan")
    distance, _ = cKDTree(known).query(known, k=2)
    return float(np.median(np.asarray(distance)[:, 1]))
