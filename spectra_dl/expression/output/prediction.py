"""What is written of a section: its spots in the input's order, and what was predicted of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.expression.input_part import GeneScore
from spectra_dl.expression.output.gene_names import written_names
from spectra_dl.expression.output.measured import agreement, measured_counts, measured_values
from spectra_dl.expression.section import OFF_TISSUE, TissueSection
from spectra_dl.imaging.image import Pixels

_PITCH_UM = 100.0  # of a section that states neither pitch nor diameter
_LONGEST_SIDE = 2000  # as Space Ranger's hires image
VALUES = "log(1 + counts per 10,000)"
OK, WARNED, REFUSED = "ok", "warned", "refused"
NO_FEATURES = "no features"


@dataclass(frozen=True, eq=False)
class SectionPrediction:
    """Predicted expression of all spots of a section, as every file of it has it.

    Attributes
    ----------
    section
        With every note, and all its spots.
    values
        ``(n, g)`` log(1 + counts per 10,000); NaN for spots that could not be predicted.
    flags
        ``(n,)`` what is wrong with the image under a spot, empty where nothing is; such spots are ``warned``.
    genes
        ``g`` genes of the model, in the order they are written.
    provenance
        Of model and values, in texts.
    expected
        ``(g,)`` the correlation to expect of each gene in this section, NaN where it is withheld or unknown.
    """

    section: TissueSection
    values: FloatArray
    flags: TextArray
    genes: tuple[GeneScore, ...]
    provenance: Mapping[str, str]
    expected: FloatArray

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The genes' ids, as the model has them."""
        return tuple(gene.name for gene in self.genes)

    @property
    def _symbols(self) -> tuple[str, ...]:
        return tuple(gene.symbol or "" for gene in self.genes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the genes go by, none twice; see `spectra_dl.expression.output.gene_names`."""
        return written_names(self.genes, self.section)[0]

    @cached_property
    def refused(self) -> IndexArray:
        """The spots that could not be predicted."""
        return np.flatnonzero(np.isnan(self.values).any(axis=1)).astype(np.intp)

    @cached_property
    def status(self) -> list[str]:
        """``ok``, ``warned`` or ``refused`` of each spot."""
        status = [WARNED if flag else OK for flag in self.flags]
        for row in self.refused:
            status[row] = REFUSED
        return status

    @property
    def reason(self) -> list[str]:
        """Why a spot is refused or warned of; empty for the others."""
        reasons = [str(reason or flag) for reason, flag in zip(self.section.reason, self.flags, strict=True)]
        for row in self.refused:
            reasons[row] = reasons[row] or NO_FEATURES
        return reasons

    @property
    def in_tissue(self) -> IndexArray:
        """``(n,)`` 1 where a spot lies under tissue as far as the files say, else 0."""
        stated = self.section.array.in_tissue
        lies = self.section.reason != OFF_TISSUE
        return np.asarray(lies if stated is None else lies & stated, dtype=np.intp)

    @cached_property
    def measured(self) -> FloatArray | None:
        """``(n, g)`` what was measured, as `values`; None without counts."""
        return measured_values(self.section, self.ids, self._symbols)

    @cached_property
    def counts(self) -> FloatArray | None:
        """``(n, g)`` raw counts; None without."""
        return measured_counts(self.section, self.ids, self._symbols)

    @cached_property
    def measured_pearson(self) -> FloatArray | None:
        """``(g,)`` correlation with what was measured, over the spots that nothing is wrong with; None without counts.

        Spots over glass hold less of every gene, so that with them anything that knows tissue from glass would correlate.
        """
        if self.measured is None:
            return None
        sound = np.array(self.status) == OK
        return agreement(np.where(sound[:, None], self.values, np.nan), self.measured)

    @cached_property
    def small_image(self) -> tuple[Pixels, float]:
        """The section's image with a longest side of at most 2,000 pixels, and its pixels per pixel; a slide is read for it once."""
        return self.section.image.thumbnail(_LONGEST_SIDE)

    @property
    def diameter_um(self) -> float:
        """Of a spot, in µm: as the section states it, else half its pitch."""
        return spot_diameter_um(self.section)

    @property
    def full_um_per_pixel(self) -> float:
        """Of the full-resolution image, in whose pixels all positions are written."""
        return self.section.full_um_per_pixel or self.section.um_per_pixel

    def of_genes(self, columns: Sequence[int]) -> "SectionPrediction":
        """Return the prediction with these genes alone, in this order."""
        chosen, at = tuple(self.genes[at] for at in columns), list(columns)
        return replace(self, values=self.values[:, at], genes=chosen, expected=self.expected[at])


def spot_diameter_um(section: TissueSection) -> float:
    """Return the diameter of a section's spots in µm: as it states it, else half its pitch."""
    return section.spot_diameter_um or 0.5 * (section.spot_pitch_um or _PITCH_UM)
