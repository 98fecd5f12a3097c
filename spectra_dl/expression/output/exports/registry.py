"""The formats that predictions are exported to, by the name that asks for them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from spectra_dl.errors import UsageError
from spectra_dl.expression.output.exports.anndata_zarr import write_anndata_zarr
from spectra_dl.expression.output.exports.csv_files import write_csv, write_loupe
from spectra_dl.expression.output.exports.formats import EXPORTS
from spectra_dl.expression.output.exports.qupath import write_geojson
from spectra_dl.expression.output.exports.spatialdata_store import require_spatialdata, write_spatialdata
from spectra_dl.expression.output.prediction import SectionPrediction

WRITERS: Mapping[str, Callable[[Path, SectionPrediction], list[str]]] = {
    "csv": write_csv,
    "geojson": write_geojson,
    "loupe": write_loupe,
    "spatialdata": write_spatialdata,
    "zarr": write_anndata_zarr,
}


def check_exports(names: Sequence[str]) -> None:
    """Refuse formats that can't be written, before anything is computed.

    Raises
    ------
    UsageError
        There is no such format, or a package that it needs is missing.
    """
    if unknown := [name for name in names if name not in EXPORTS]:
        raise UsageError(f"--export {unknown[0]!r:.80}: the formats are {', '.join(EXPORTS)}")
    if "spatialdata" in names:
        require_spatialdata()


def write_exports(folder: Path, prediction: SectionPrediction, names: Sequence[str]) -> list[str]:
    """Write predictions in each of these formats, and return the files' names.

    Parameters
    ----------
    folder
        An existing folder.
    prediction
        Of a section.
    names
        Of formats; each is written once.

    Raises
    ------
    UsageError
        See `check_exports`.
    EnvironmentFault
        A file can't be written.
    """
    check_exports(names)
    return [file for name in dict.fromkeys(names) for file in WRITERS[name](folder, prediction)]
