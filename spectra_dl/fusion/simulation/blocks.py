"""The blocks of simulated patients, whatever comes of them: serum spectra, clinical columns, tissue, and who has which."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, text_array
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.rows import FusionBlock, FusionRows
from spectra_dl.fusion.simulation.clinical_columns import DrawnColumns
from spectra_dl.spectra.table import SpectraTable

SITES = ("north", "south")


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedBlocks:
    """Simulated patients, ``m``, with their blocks.

    Attributes
    ----------
    patients
        Their ids.
    spectra, owner
        The spectra, with sex and site as columns, and ``(n,)`` the number of each one's patient.
    latents
        ``(m, 14)`` what the spectra are made from, whoever has some.
    clinical
        A row for each patient, whoever has one.
    tissue
        ``(m, 8)`` features or ``(m, 1)`` how many tiles are viable; None without tissue.
    have
        ``(m,)`` whether a patient has each block.
    """

    patients: tuple[str, ...]
    spectra: SpectraTable
    owner: IndexArray
    latents: FloatArray
    clinical: ClinicalTable
    tissue: FloatArray | None
    have: dict[str, NDArray[np.bool_]]

    def rows(self, *, features: bool = False) -> FusionRows:
        """Return the patients with their blocks.

        Parameters
        ----------
        features
            Give what spectra are made from in place of spectra, for models that take no time.
        """
        whole = np.arange(len(self.patients))
        of_block: dict[str, tuple[FloatArray | SpectraTable | ClinicalTable, IndexArray]] = {
            "clinical": (self.clinical, whole),
            "spectra": (self.latents, whole) if features else (self.spectra, self.owner),
        }
        if self.tissue is not None:
            of_block["tissue"] = (self.tissue, whole)
        blocks = []
        for name, (rows, owner) in of_block.items():
            kept = np.flatnonzero(self.have[name][owner])
            blocks.append(FusionBlock(name, rows[kept], owner[kept]))
        return FusionRows(self.patients, tuple(blocks))


def draw_presence(
    generator: np.random.Generator, blocks: Sequence[str], patients: int, missing: float
) -> dict[str, NDArray[np.bool_]]:
    """Return who has each block; whoever would have none has the first.

    Parameters
    ----------
    generator
        Of random numbers.
    blocks
        Their names.
    patients
        How many.
    missing
        The share who lack a block, of each block alike.
    """
    have = generator.random((len(blocks), patients)) >= missing
    have[0] |= ~have.any(axis=0)
    return dict(zip(blocks, have, strict=True))


def with_facts(table: SpectraTable, drawn: DrawnColumns, site: IndexArray, owner: IndexArray) -> SpectraTable:
    """Return spectra with columns that say whose they are and where they were measured.

    Parameters
    ----------
    table
        ``n`` spectra.
    drawn
        Columns of the patients, of which sex is taken.
    site
        ``(m,)`` number of each patient's site.
    owner
        ``(n,)`` number of each spectrum's patient.
    """
    sex = next(column for column in drawn.columns if column.name == "sex")
    facts = {
        "sex": text_array([sex.levels[int(code)] for code in sex.values[owner]]),
        "site": text_array([SITES[code] for code in site[owner]]),
    }
    return replace(table, metadata={**table.metadata, **facts})
