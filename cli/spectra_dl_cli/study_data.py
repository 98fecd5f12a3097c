"""What a command on labelled spectra is given: files, or the name of a dataset."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl_cli.options import read_table

if TYPE_CHECKING:
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True)
class StudyData:
    """The command's input.

    Attributes
    ----------
    paths
        What is read; a dataset's folder, nothing for a generated one.
    dataset
        The dataset's name; None for files.
    """

    paths: tuple[Path, ...]
    dataset: str | None = None

    @property
    def source(self) -> str:
        """What the input is called in a model file."""
        return self.dataset or ", ".join(path.resolve().name for path in self.paths)

    def inputs(self, reading: "ReadOptions") -> list[Path]:
        """Return everything that is read, for the report."""
        return read_paths(self.paths, reading)

    def read(self, reading: "ReadOptions", *, numbers: bool = False) -> "SpectraTable":
        """Read files as the options say, or a dataset, which brings its own patients and labels.

        Parameters
        ----------
        reading
            Which columns say whose the spectra are.
        numbers
            A dataset with a number per patient is wanted, in place of one with classes.

        Raises
        ------
        UsageError
            An option that says whose the spectra of a dataset are, or a dataset without classes.
        DataError
            The input can't be read, or a dataset's file is not what it was.
        """
        if self.dataset is None:
            return read_table(self.paths, reading)
        from spectra_dl.errors import UsageError
        from spectra_dl_datasets.study import load_numbers, load_study

        columns = {
            "--sample-id": reading.sample_id,
            "--patient": reading.patient,
            "--label": reading.label,
            "--batch": reading.batch,
        }
        options: dict[str, object] = {
            **columns,
            "--replicates": reading.replicates,
            "--samples": reading.samples,
            "--laser": reading.laser_nm,
            "--calibration": reading.calibration,
            "--transfer": reading.transfer,
            "--intensity": reading.intensity or None,
        }
        if given := [name for name, value in options.items() if value is not None]:
            raise UsageError(
                f"{self.dataset} brings its own patients and labels; leave {', '.join(given)} out, or give its files by path"
            )
        return load_numbers(self.dataset) if numbers else load_study(self.dataset)


def study_data(paths: tuple[Path, ...]) -> StudyData:
    """Return what is meant: files that exist, or one dataset by its name; an existing path wins.

    Raises
    ------
    DataError
        Neither a file nor a dataset has this name, or the dataset's files are missing or changed.
    """
    from spectra_dl.errors import DataError
    from spectra_dl_datasets.files import verified_folder
    from spectra_dl_datasets.registry import DATASETS, Generated, dataset_card, unknown_dataset

    first = paths[0]
    name = str(first)
    if len(paths) > 1 or first.exists():
        return StudyData(paths)
    if name not in DATASETS:
        if first.suffix or len(first.parts) > 1:
            return StudyData(paths)
        raise DataError(f"no such file or folder, and {unknown_dataset(name)}")
    if isinstance(DATASETS[name], Generated):
        return StudyData((), name)
    return StudyData((verified_folder(dataset_card(name)),), name)


def read_paths(data: tuple[Path, ...], reading: "ReadOptions") -> list[Path]:
    """Return everything that spectra are read from and corrected by, for the report.

    Parameters
    ----------
    data
        Files and folders.
    reading
        The columns, and the files that come beside.
    """
    beside = (reading.samples, reading.calibration, reading.standard, reading.transfer)
    return [*data, *(path for path in beside if path)]
