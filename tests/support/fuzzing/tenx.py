"""Runs of Visium HD, cells of Space Ranger 4 and Xenium, a target for each of their files."""

import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from formats.tenx import Layout, hd_bins, write_cells, write_he, write_run, write_xenium
from fuzzing.contract import Target
from fuzzing.sections import Files, check_section
from spectra_dl.expression.readers import SectionSource, read_section


def _files(write: Callable[[Path], object]) -> Files:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }


@cache
def _bins() -> Files:
    layout = Layout(positions="tissue_positions.parquet", packed=True)
    return _files(lambda folder: write_run(folder, hd_bins(8), layout))


@cache
def _cells() -> Files:
    return _files(write_cells)


@cache
def _xenium(parquet: bool) -> Files:
    return _files(lambda folder: (write_xenium(folder, parquet=parquet), write_he(folder)))


def _read_part(
    files_of: Callable[[], Files], part: str, bin_um: float | None, data: bytes, folder: Path
) -> None:
    """Write a run's files, ``part`` of them damaged, and read it."""
    for name, content in {**files_of(), part: data}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    check_section(read_section(SectionSource(folder, bin_um=bin_um)))


def _part(name: str, files_of: Callable[[], Files], part: str, bin_um: float | None = None) -> Target:
    return Target(name, "sections", lambda: [files_of()[part]], partial(_read_part, files_of, part, bin_um))


TENX = (
    _part("visium-hd-positions", _bins, "spatial/tissue_positions.parquet", 16.0),
    _part("visium-hd-image", _bins, "spatial/tissue_hires_image.png.gz"),
    _part("visium-hd-factors", _bins, "spatial/scalefactors_json.json.gz"),
    _part("cell-outlines", _cells, "segmented_outputs/cell_segmentations.geojson"),
    _part("xenium-cells", partial(_xenium, False), "cells.csv.gz"),
    _part("xenium-cells-parquet", partial(_xenium, True), "cells.parquet"),
    _part("xenium-run", partial(_xenium, False), "experiment.xenium"),
    _part("xenium-alignment", partial(_xenium, False), "run_he_imagealignment.csv"),
)
