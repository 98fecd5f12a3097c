"""A probe of spectra: one small class with a name, what it looks at, and features."""

from abc import ABC, abstractmethod
from typing import ClassVar

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Probe, Severity, Shown
from spectra_dl.spectra.table import SpectraTable


class TableProbe(ABC):
    """One signal other than biology that may separate the classes.

    Attributes
    ----------
    name
        Short, for a table.
    sentence
        What the probe looks at, to stand after "The class can be predicted from ...".
    at_worst
        The highest severity it may raise; lower than ``"stop"`` where biology could be the cause.
    """

    name: ClassVar[str]
    sentence: ClassVar[str]
    at_worst: ClassVar[Severity] = "stop"

    @abstractmethod
    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return ``(n, k)`` finite features of raw spectra, or None where the table doesn't allow this probe."""

    def probe(self, table: SpectraTable) -> Probe | None:
        """Return the probe ready to be evaluated, or None."""
        features = self.features(table)
        if features is None:
            return None
        return Probe(self.name, self.sentence, features, self.at_worst, shown=self.shown(table, features))

    def shown(self, table: SpectraTable, features: FloatArray) -> Shown | None:
        """Return what of the features can be drawn; None here.

        Parameters
        ----------
        table
            As `features` takes it.
        features
            As it returns them.
        """
        return None
