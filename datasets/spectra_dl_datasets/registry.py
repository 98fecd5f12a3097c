"""Every dataset by name, in one dict, and the way from a name to its data."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Union

from spectra_dl.errors import UsageError
from spectra_dl_datasets.known_best import KnownBest
from spectra_dl_datasets.loaders import (
    arranged_by_hand,
    cartilage_map,
    covid_saliva,
    covid_serum,
    fish_oil,
    her2st,
    labelled_tiles,
    mice_tissue,
    olfactory_bulb,
    sections_of_formats,
    simulated_bone_metastasis,
    simulated_families,
    simulated_tissue,
)
from spectra_dl_datasets.loaders.format_examples import examples

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection
    from spectra_dl.spectra.table import SpectraTable
    from spectra_dl_datasets.card import DatasetCard
    from spectra_dl_datasets.loaders.labelled_tiles import LabelledTiles

LoadedData = Union["SpectraTable", "tuple[SpectraTable, ...]", "tuple[TissueSection, ...]", "LabelledTiles"]


@dataclass(frozen=True)
class FromFiles:
    """A set that is read from its folder."""

    load: Callable[[Path], LoadedData]


@dataclass(frozen=True)
class Generated:
    """A set that is simulated, of a number of patients (None: its usual one) and a seed, and its best score if that is known."""

    simulate: Callable[[int | None, int], LoadedData]
    best: Callable[[], KnownBest] | None = None


DATASETS: dict[str, FromFiles | Generated] = {
    "alzheimer_serum_sers": FromFiles(arranged_by_hand.load_spectra),
    "bacteria_id": FromFiles(arranged_by_hand.load_spectra),
    "bwtek_bwspec": FromFiles(examples("PST10_iR785_OP01_40000msx4.txt")),
    "cartilage_map": FromFiles(cartilage_map.load),
    "covid_saliva": FromFiles(covid_saliva.load),
    "covid_serum": FromFiles(covid_serum.load),
    "fish_oil": FromFiles(fish_oil.load),
    "galactic_spc": FromFiles(examples("RAMAN.SPC")),
    "glaucoma_serum": FromFiles(arranged_by_hand.load_spectra),
    "head_neck_plasma_saliva": FromFiles(arranged_by_hand.load_spectra),
    "her2st": FromFiles(her2st.load),
    "hest_1k": FromFiles(arranged_by_hand.load_sections),
    "hest_style": FromFiles(sections_of_formats.load_hest),
    "horiba_labspec": FromFiles(examples("532nm-191216-Si_200mu.txt", "SMC1-Initial_RT.txt")),
    "jcamp_dx": FromFiles(examples("tannic_acid.jdx")),
    "mice_tissue": FromFiles(mice_tissue.load),
    "olfactory_bulb": FromFiles(olfactory_bulb.load),
    "oras_json": FromFiles(examples("tylenol.json")),
    "osteosarcoma_tiles": FromFiles(labelled_tiles.load),
    "prostate_serum_sers": FromFiles(arranged_by_hand.load_spectra),
    "renishaw_wdf": FromFiles(examples("sp.wdf", "depth.wdf")),
    "rruff": FromFiles(arranged_by_hand.load_spectra),
    "simulated_bone_metastasis": Generated(
        simulated_bone_metastasis.simulate, simulated_bone_metastasis.best
    ),
    "simulated_interaction": Generated(
        simulated_families.simulate_interaction, simulated_families.best_of_interaction
    ),
    "simulated_ratio": Generated(simulated_families.simulate_ratio, simulated_families.best_of_ratio),
    "simulated_tissue": Generated(simulated_tissue.simulate),
    "stnet_breast": FromFiles(arranged_by_hand.load_sections),
    "stroke_serum_sers": FromFiles(arranged_by_hand.load_spectra),
    "stroke_urine": FromFiles(arranged_by_hand.load_spectra),
    "tcia_osteosarcoma": FromFiles(labelled_tiles.load),
    "tuberculosis_serum": FromFiles(arranged_by_hand.load_spectra),
    "two_column": FromFiles(examples("Si_spectrum01.txt", "testDW38C_pos1.txt", "paracetamol.txt")),
    "visium_10x": FromFiles(arranged_by_hand.load_sections),
    "visium_h5ad_crop": FromFiles(sections_of_formats.load_h5ad_crop),
    "visium_spaceranger1": FromFiles(sections_of_formats.load_space_ranger),
}


def dataset_names() -> tuple[str, ...]:
    """Return the names of all sets, sorted."""
    return tuple(sorted(DATASETS))


@cache
def dataset_card(name: str) -> "DatasetCard":
    """Return what is known of a set.

    Raises
    ------
    UsageError
        No set has this name.
    """
    from spectra_dl_datasets.card import CARDS, read_card

    _known(name)
    return read_card(CARDS / f"{name}.toml")


def load(
    name: str, *, folder: Path | None = None, patients: int | None = None, seed: int | None = None
) -> LoadedData:
    """Return a set's spectra, sections or tiles, once its files are what they were.

    Parameters
    ----------
    name
        As `dataset_names` lists it.
    folder
        Where its files lie; None takes its place below `spectra_dl_datasets.files.data_home`.
    patients, seed
        Of a generated set: at least 1, and at least 0; its usual number and 0 if None.

    Returns
    -------
    SpectraTable or tuple or LabelledTiles
        A set of format examples gives one table for each file, tissue one section for each.

    Raises
    ------
    UsageError
        No set has this name, or an option does not fit it.
    DataError
        A file is missing, is not what it was, or can't be read.

    Examples
    --------
    >>> table = load("simulated_bone_metastasis", patients=4, seed=0)
    >>> len(table), sorted(set(table.label))
    (12, ['bone metastasis', 'no metastasis'])
    """
    dataset = _known(name)
    if isinstance(dataset, Generated):
        if folder is not None:
            raise UsageError(f"{name} is generated and has no files; leave the folder out")
        return dataset.simulate(patients, seed or 0)
    if patients is not None or seed is not None:
        raise UsageError(f"{name} is not generated; leave patients and seed out")
    from spectra_dl_datasets.files import verified_folder

    return dataset.load(verified_folder(dataset_card(name), folder))


def known_best(name: str) -> KnownBest | None:
    """Return the best that any method can reach on a set as it is drawn from seed 0; None where that isn't known.

    Parameters
    ----------
    name
        As `dataset_names` lists it.

    Raises
    ------
    UsageError
        No set has this name.

    Examples
    --------
    >>> round(known_best("simulated_interaction").of_all, 3)
    0.95
    """
    dataset = _known(name)
    return dataset.best() if isinstance(dataset, Generated) and dataset.best else None


def _known(name: str) -> FromFiles | Generated:
    if name not in DATASETS:
        raise UsageError(unknown_dataset(name))
    return DATASETS[name]


def unknown_dataset(name: str) -> str:
    """Return a sentence that lists the known sets, those of similar names first, as far as a message may go."""
    similar = get_close_matches(name, DATASETS, n=3)
    listed = ", ".join([*similar, *(known for known in dataset_names() if known not in similar)])
    return (
        shorten(f"no dataset {name[:60]!r}; there are {listed}", 430, placeholder=" ...")
        + "; see: spectra-dl data list"
    )
