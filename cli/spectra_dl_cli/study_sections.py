"""What a command on tissue sections is given: a sheet of them, or the name of a dataset."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spectra_dl.expression.readers import SectionSource
    from spectra_dl.expression.section import TissueSection


@dataclass(frozen=True)
class StudySections:
    """The command's input, looked at before any section is read.

    Attributes
    ----------
    name
        What it is called in a model file.
    listed
        The sheet, or the files of a dataset.
    sources
        What a sheet says of each section; None for a dataset.
    """

    name: str
    listed: tuple[Path, ...]
    sources: "Sequence[SectionSource] | None"

    def read(self) -> "list[TissueSection]":
        """Read every section.

        Raises
        ------
        DataError
            One can't be read, or a dataset's file is not what it was.
        """
        from spectra_dl.expression.readers import read_section

        if self.sources is not None:
            return [read_section(source) for source in self.sources]
        from spectra_dl_datasets.study import load_sections

        return list(load_sections(self.name))

    def files(self, sections: "Sequence[TissueSection]") -> list[Path]:
        """Return everything that was read, for the report."""
        paths = [source.path for source in self.sources or ()]
        return list(
            dict.fromkeys([*self.listed, *paths, *(path for section in sections for path in section.files)])
        )


def study_sections(given: Path, bin_um: float | None = None) -> StudySections:
    """Return what is meant: a sheet that exists, or one dataset by its name; an existing path wins.

    Parameters
    ----------
    given
        A path or a name.
    bin_um
        µm of the squares into which bins are joined or cells gathered, of sections for which the sheet states none.

    Raises
    ------
    DataError
        Neither a file nor a dataset has this name, a sheet is not in order, or the dataset's files are missing or changed.
    UsageError
        The dataset holds no sections with counts, or has no bins.
    """
    from spectra_dl.errors import UsageError
    from spectra_dl.expression.readers.sheet import sheet_sources
    from spectra_dl_datasets.files import verified_folder
    from spectra_dl_datasets.registry import DATASETS, Generated, dataset_card
    from spectra_dl_datasets.study import require_sections

    name = str(given)
    if given.exists() or name not in DATASETS:
        sources = [
            source if bin_um is None or source.bin_um is not None else replace(source, bin_um=bin_um)
            for source in sheet_sources(given)
        ]
        return StudySections(given.resolve().name, (given,), sources)
    if bin_um is not None:
        raise UsageError(
            f"--bin-um joins bins of sections in a sheet; the dataset {name} has none, leave it away"
        )
    require_sections(name)
    if isinstance(DATASETS[name], Generated):
        return StudySections(name, (), None)
    card = dataset_card(name)
    folder = verified_folder(card)
    return StudySections(name, tuple(folder / file.path for file in card.known_files), None)
