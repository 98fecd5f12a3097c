"""A row per patient: the bag of all tiles of the patient's slides, and what is known of the slides without looking at tissue."""

from dataclasses import dataclass

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.imaging.bags.rows import Bags

FACTS = ("logarithm of the number of tiles", "number of slides", "mean brightness of the tissue")


@dataclass(frozen=True, eq=False)
class SlideRows:
    """Patients with slides; ``rows[index]`` takes some of them.

    Attributes
    ----------
    bags
        ``m`` bags of tiles, one for each patient.
    facts
        ``(m, f)`` numbers of the slides that hold nothing of cells; see `FACTS`.
    """

    bags: Bags
    facts: FloatArray

    def __len__(self) -> int:
        return len(self.bags)

    def __getitem__(self, rows: IndexArray) -> "SlideRows":
        return SlideRows(self.bags[rows], self.facts[rows])
