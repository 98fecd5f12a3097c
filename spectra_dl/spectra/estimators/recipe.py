"""How a member of an ensemble for spectra is built, and how spectra become what it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray, TextArray
from spectra_dl.classification.parts import MemberParts, WholeNetwork
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.parts.compact import CompactParts
from spectra_dl.spectra.estimators.parts.linear import linear_solutions
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.spectra.networks.compact import Compact
    from spectra_dl.training.grouped.network import NetworkGroup

_MOST_TOGETHER = 10  # all members of `auto`: a step is mostly calls, of which ten cost little more than five
_VALUES_AT_ONCE = 50_000_000  # of prepared spectra of members that are trained together; 4 bytes each


@dataclass(frozen=True)
class SpectraRecipe:
    """What `spectra_dl.classification.ensemble.train_ensemble` must know of spectra.

    Attributes
    ----------
    network
        The architecture's name, one of `spectra_dl.spectra.networks.NETWORKS`.
    preprocessing
        Cleaning steps, fitted on the member's own training rows.
    training
        Settings of the loop.
    augment
        Random changes to training rows.
    means
        Let a linear model of patients' mean spectra be a part of the members: of no use where each patient has one spectrum.
    memory
        Shared with models that are fitted on the same rows or clean the same spectra; None fits and cleans each time.
    """

    network: str
    preprocessing: Preprocessing
    training: TrainingSettings
    augment: Augmentation
    means: bool = True
    memory: FoldMemory | None = None

    def prepare(self, rows: SpectraTable) -> FittedPreprocessing:
        """Return the cleaning steps fitted on the spectra a member learns from."""
        if self.memory is None:
            return self.preprocessing.fit(rows)
        return self.memory.fit(self.preprocessing, rows)

    def inputs(self, prepared: FittedPreprocessing, rows: SpectraTable) -> NDArray[np.float32]:
        """Return cleaned spectra ``(n, q)`` in float32.

        Parameters
        ----------
        prepared
            The fitted cleaning steps.
        rows
            Spectra on any axis that covers the fitted one.
        """
        return prepared.transform(rows).matrix if self.memory is None else self.memory.clean(rows, prepared)

    def build(self, prepared: FittedPreprocessing, n_classes: int) -> "nn.Module":
        """Return an untrained network with weights drawn from torch's global generator.

        Parameters
        ----------
        prepared
            The fitted cleaning steps, which say how many wavenumbers are left.
        n_classes
            Classes, 2 to 1000.
        """
        return build_network(self.network, len(prepared.wavenumber), n_classes)

    def parts(
        self, network: "nn.Module", inputs: NDArray[np.float32], target: IndexArray, patient: TextArray
    ) -> MemberParts:
        """Return a trained member by its parts: `Compact` gets linear models, other networks are a part of their own.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs
            ``(n, q)`` the member's own rows.
        target
            ``(n,)`` class numbers.
        patient
            ``(n,)`` whose each row is.
        """
        from spectra_dl.spectra.networks.compact import Compact

        if not isinstance(network, Compact):
            return WholeNetwork(network)
        linear = linear_solutions(inputs, target, patient, means=self.means)
        return CompactParts(network, linear)

    def together(self, rows: SpectraTable) -> int:
        """Return how many members may be trained as one network, on most of these spectra each; 1 if each is trained alone."""
        if self.network != "compact":
            return 1
        return max(1, min(_MOST_TOGETHER, _VALUES_AT_ONCE // rows.intensity.size))

    def group(self, networks: "Sequence[nn.Module]") -> "NetworkGroup":
        """Return members as one network.

        Parameters
        ----------
        networks
            From `build`, of one size.
        """
        from spectra_dl.spectra.networks.compact_group import CompactGroup

        return CompactGroup(cast("Sequence[Compact]", networks))
