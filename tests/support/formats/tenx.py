"""Small runs of 10x Genomics: Space Ranger's in every naming, Visium HD, cells of Space Ranger 4, and Xenium."""

import gzip
import io
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from scipy.io import mmwrite
from scipy.sparse import csr_matrix

UM_PER_PIXEL = 0.5
GENES = 5
HEADER = "barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres"


@dataclass(frozen=True, eq=False)
class Array:
    """An array with its counts; rows of ``counts`` are places in the array's order."""

    barcode: list[str]
    in_tissue: np.ndarray
    place: np.ndarray  # row, column
    pixel: np.ndarray  # x, y
    counts: np.ndarray
    factors: dict[str, float]
    size: tuple[int, int]  # of the full-resolution image


@dataclass(frozen=True)
class Layout:
    """How a run is named and laid out."""

    counts: str = "h5"  # h5, folder, gz
    raw: bool = False
    prefix: str = ""
    flat: bool = False
    positions: str = "tissue_positions.csv"
    header: bool = True
    packed: bool = False
    level: str = ""


def visium(rows: int = 8, columns: int = 8) -> Array:
    """Spots of Visium, the last row beside the tissue."""
    places = [(row, 2 * column + row % 2) for row in range(rows) for column in range(columns)]
    place = np.array(places)
    um = 150 + place[:, ::-1] * np.array([50.0, 50 * np.sqrt(3)])
    counts = np.random.default_rng(0).poisson(4.0, (len(place), GENES)) + np.eye(len(place), GENES, dtype=int)
    factors = {"tissue_hires_scalef": 0.1, "spot_diameter_fullres": 130.0}
    barcode = [f"ACGT{k:04d}-1" for k in range(len(place))]
    return Array(barcode, place[:, 0] < rows - 1, place, um / UM_PER_PIXEL, counts, factors, (2400, 1900))


def hd_bins(side: int = 16, bin_um: float = 8.0) -> Array:
    """Bins of Visium HD, a disc of them under tissue."""
    place = np.array([(row, column) for row in range(side) for column in range(side)])
    um = 40 + (place[:, ::-1] + 0.5) * bin_um
    counts = np.random.default_rng(1).poisson(1.0, (len(place), GENES))
    barcode = [f"s_{bin_um:03.0f}um_{row:05d}_{column:05d}-1" for row, column in place]
    factors = {
        "tissue_hires_scalef": 0.5,
        "bin_size_um": bin_um,
        "microns_per_pixel": UM_PER_PIXEL,
        "spot_diameter_fullres": bin_um / UM_PER_PIXEL,
    }
    under = np.hypot(*(um - um.mean(axis=0)).T) < side * bin_um * 0.45
    reach = int((80 + side * bin_um) / UM_PER_PIXEL)
    return Array(barcode, under, place, um / UM_PER_PIXEL, counts, factors, (reach, reach))


def larger_bins(array: Array, times: int) -> Array:
    """The same run as Space Ranger itself writes it for bins ``times`` as large."""
    bin_um = array.factors["bin_size_um"] * times
    coarse = array.place // times
    place, group = np.unique(coarse, axis=0, return_inverse=True)
    group = group.ravel()
    summed = np.zeros((len(place), GENES), dtype=int)
    np.add.at(summed, group, array.counts * array.in_tissue[:, None])
    under = np.bincount(group, weights=array.in_tissue) > 0
    pixel = np.stack(
        [np.bincount(group, weights=axis) / np.bincount(group) for axis in array.pixel.T], axis=1
    )
    barcode = [f"s_{bin_um:03.0f}um_{row:05d}_{column:05d}-1" for row, column in place]
    factors = {**array.factors, "bin_size_um": bin_um}
    return Array(barcode, under, place, pixel, summed, factors, array.size)


def write_matrix(path: Path, counts: np.ndarray, barcode: list[str], kinds: list[str] | None = None) -> None:
    """Write an HDF5 matrix of 10x Genomics."""
    path.parent.mkdir(parents=True, exist_ok=True)
    genes, rows = counts.shape[1], csr_matrix(counts)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        for name in ("data", "indices", "indptr"):
            group.create_dataset(name, data=getattr(rows, name))
        group.create_dataset("shape", data=np.array([genes, len(barcode)], dtype=np.int32))
        group.create_dataset("barcodes", data=np.array([name.encode() for name in barcode]))
        for name, form in (("id", "ENSG{:011d}"), ("name", "SYM{}")):
            group.create_dataset(
                f"features/{name}", data=np.array([form.format(k).encode() for k in range(genes)])
            )
        types = kinds or ["Gene Expression"] * genes
        group.create_dataset("features/feature_type", data=np.array([kind.encode() for kind in types]))


def write_run(folder: Path, array: Array, layout: Layout = Layout()) -> Path:
    """Write a run, and return the folder in which its counts lie."""
    outs = folder / layout.level
    outs.mkdir(parents=True, exist_ok=True)
    kept = np.arange(len(array.barcode)) if layout.raw else np.flatnonzero(array.in_tissue)
    barcode = [array.barcode[at] for at in kept]
    name = f"{layout.prefix}{'raw' if layout.raw else 'filtered'}_feature_bc_matrix"
    if layout.counts == "h5":
        write_matrix(outs / f"{name}.h5", array.counts[kept], barcode)
    else:
        _write_three(outs / name, array.counts[kept], barcode, packed=layout.counts == "gz")
    spatial = outs if layout.flat else outs / "spatial"
    prefix = layout.prefix if layout.flat else ""
    spatial.mkdir(exist_ok=True)
    _write_positions(spatial / f"{prefix}{layout.positions}", array, header=layout.header)
    put(spatial / f"{prefix}scalefactors_json.json", json.dumps(array.factors).encode(), packed=layout.packed)
    image = tissue_image(array.size, array.factors["tissue_hires_scalef"])
    put(spatial / f"{prefix}tissue_hires_image.png", image, packed=layout.packed)
    return outs


def tissue_image(size: tuple[int, int], scale: float) -> bytes:
    """An image of pink tissue on white glass, as PNG."""
    width, height = (round(length * scale) for length in size)
    pixels = np.full((height, width, 3), 245, dtype=np.uint8)
    pixels[height // 12 : -height // 12, width // 12 : -width // 12] = (190, 110, 170)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def put(path: Path, content: bytes, *, packed: bool = False) -> None:
    """Write a file, or a gzip file with .gz behind its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if packed:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
    else:
        path.write_bytes(content)


def write_cells(folder: Path, *, outlines: bool = True) -> np.ndarray:
    """Write segmented_outputs of 30 cells of 10 µm, and return their centres in full-resolution pixels."""
    centre = 200 + 40.0 * np.array([(x, y) for y in range(5) for x in range(6)])
    counts = np.random.default_rng(2).poisson(3.0, (30, GENES)) + 1
    cells = folder / "segmented_outputs"
    write_matrix(
        cells / "filtered_feature_cell_matrix.h5", counts, [f"cellid_{k + 1:09d}-1" for k in range(30)]
    )
    corner = np.array([(-10, -10), (10, -10), (10, 10), (-10, 10), (-10, -10)])
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [(place + corner).tolist()]},
            "properties": {"cell_id": k + 1},
        }
        for k, place in enumerate(centre)
    ]
    if outlines:
        put(
            cells / "cell_segmentations.geojson",
            json.dumps({"type": "FeatureCollection", "features": features[::-1]}).encode(),
        )
    factors = {"tissue_hires_scalef": 0.5, "microns_per_pixel": UM_PER_PIXEL}
    put(cells / "spatial" / "scalefactors_json.json", json.dumps(factors).encode())
    put(cells / "spatial" / "tissue_hires_image.png", tissue_image((640, 560), 0.5))
    return centre


def write_xenium(folder: Path, *, parquet: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Write a Xenium run of 400 cells with its image of H&E, turned by 90 degrees, and return µm and counts."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    um = rng.uniform(20, 420, (400, 2))
    counts = rng.poisson(2.0, (400, GENES + 3)) + 1
    names = [f"cell{k:04d}-1" for k in range(400)]
    kinds = [
        *["Gene Expression"] * GENES,
        "Negative Control Probe",
        "Unassigned Codeword",
        "Negative Control Codeword",
    ]
    write_matrix(folder / "cell_feature_matrix.h5", counts, names, kinds)
    if parquet:
        import pandas as pd

        table = pd.DataFrame({"cell_id": names, "x_centroid": um[:, 0], "y_centroid": um[:, 1]})
        table.to_parquet(folder / "cells.parquet")
    else:
        lines = [f'"{name}",{x},{y},10' for name, (x, y) in zip(names, um, strict=True)]
        text = '"cell_id","x_centroid","y_centroid","transcript_counts"\n' + "\n".join(lines)
        put(folder / "cells.csv", text.encode(), packed=True)
    (folder / "experiment.xenium").write_text(json.dumps({"pixel_size": 0.2125, "run_name": "made"}))
    return um, counts


def write_he(folder: Path, name: str = "run_he_image.png") -> tuple[np.ndarray, Path]:
    """Write an image of H&E of .425 µm a pixel, turned by 90 degrees, and return its matrix and path."""
    matrix = np.array([[0.0, 2.0, 100.0], [-2.0, 0.0, 2200.0], [0.0, 0.0, 1.0]])
    path = folder / name
    put(path, tissue_image((1150, 1100), 1.0))
    (folder / "run_he_imagealignment.csv").write_text("\n".join(",".join(map(str, row)) for row in matrix))
    return matrix, path


def named(layout: Layout, **changes: object) -> Layout:
    """Return a layout with some of it otherwise."""
    return replace(layout, **changes)  # type: ignore[arg-type]  # as the test names them


def _write_three(folder: Path, counts: np.ndarray, barcode: list[str], *, packed: bool) -> None:
    matrix = io.BytesIO()
    mmwrite(matrix, csr_matrix(counts.T))
    put(folder / "matrix.mtx", matrix.getvalue(), packed=packed)
    put(folder / "barcodes.tsv", "\n".join(barcode).encode(), packed=packed)
    features = [f"ENSG{k:011d}\tSYM{k}\tGene Expression" for k in range(counts.shape[1])]
    put(folder / "features.tsv", "\n".join(features).encode(), packed=packed)


def _write_positions(path: Path, array: Array, *, header: bool) -> None:
    columns = HEADER.split(",")
    values = [
        (name, int(under), int(row), int(column), float(y), float(x))
        for name, under, (row, column), (x, y) in zip(
            array.barcode, array.in_tissue, array.place, array.pixel, strict=True
        )
    ]
    if os.fspath(path).endswith(".parquet"):
        import pandas as pd

        pd.DataFrame(values, columns=columns).to_parquet(path)
        return
    lines = ([HEADER] if header else []) + [",".join(map(str, row)) for row in values]
    content = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
