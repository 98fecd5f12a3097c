"""Readers of tissue sections: AnnData, Space Ranger, legacy tables, images, features and tiles.

A section of several files has a target for each of them, with the others left whole.
"""

import io
import json
import tempfile
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from scipy.io import mmwrite
from scipy.sparse import csr_matrix

from fuzzing.contract import Target
from spectra_dl.arrays import text_array
from spectra_dl.expression.readers import read_section, read_sections
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.features.file import FeatureFile, read_feature_file, write_feature_file
from spectra_dl.imaging.image_file import open_image
from spectra_dl.imaging.tile_files import read_tiles

Files = dict[str, bytes]
SPOTS, GENES = 12, 6
COUNTS = np.random.default_rng(0).poisson(3.0, (SPOTS, GENES))
PLACES = [(x, y) for y in range(3) for x in range(4)]
BARCODES = [f"B{k}-1" for k in range(SPOTS)]


def check_section(section: TissueSection) -> None:
    """Check a section against its contract."""
    n = len(section)
    assert n >= 1
    assert len(set(section.barcode)) == n
    assert section.position_um.shape == (n, 2)
    assert section.position_um.dtype == np.float64
    assert section.reason.shape == (n,)
    assert np.isfinite(section.position_um[section.placed]).all()
    assert section.um_per_pixel > 0
    assert np.isfinite(section.um_per_pixel)
    if section.counts is not None:
        assert section.gene is not None
        assert section.counts.shape == (n, len(section.gene))
        assert section.counts.dtype == np.float64
        assert np.isfinite(section.counts.data).all()
        assert (section.counts.data >= 0).all()


def _read_part(
    files_of: Callable[[], Files], part: str, opened: str, mpp: float | None, data: bytes, folder: Path
) -> None:
    """Write a section's files, ``part`` of them damaged, and read it."""
    for name, content in {**files_of(), part: data}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    check_section(read_section(folder / opened, um_per_pixel=mpp))


def _read_sheet(data: bytes, folder: Path) -> None:
    for name, content in {**legacy_files(), "sections.csv": data}.items():
        (folder / name).write_bytes(content)
    for section in read_sections(folder / "sections.csv"):
        check_section(section)


def _read_image(data: bytes, folder: Path) -> None:
    (folder / "tile.png").write_bytes(data)
    image = open_image(folder / "tile.png")
    small, _ = image.thumbnail(64)
    assert small.dtype == np.uint8
    assert small.ndim == 3
    assert max(small.shape[:2]) <= 64
    assert image.decoded().shape == (image.height, image.width, 3)


def _read_slide(data: bytes, folder: Path) -> None:
    (folder / "a.tif").write_bytes(data)
    check_section(read_section(folder / "a.tif", pitch_um=10.0))


def _read_features(data: bytes, folder: Path) -> None:
    (folder / "f.h5").write_bytes(data)
    features = read_feature_file(folder / "f.h5")
    assert features.values.dtype == np.float32
    assert np.isfinite(features.values).all()
    assert len(set(features.barcode)) == len(features.values)


def _read_tiles(data: bytes, folder: Path) -> None:
    (folder / "t.h5").write_bytes(data)
    for _, pixels in read_tiles(folder / "t.h5"):
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3


def _image(kind: str, mode: str = "RGB", **options: object) -> bytes:
    pixels = np.full((150, 200, 3), 245, dtype=np.uint8)
    pixels[30:130, 20:180] = (190, 110, 170)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


@cache
def _images() -> Sequence[bytes]:
    plain = [_image("PNG"), _image("JPEG"), _image("TIFF")]
    modes = [_image("PNG", "RGBA"), _image("PNG", "P"), _image("PNG", "1"), _image("PNG", "I;16")]
    packed = [_image("TIFF", compression=name) for name in ("tiff_deflate", "tiff_lzw", "packbits", "jpeg")]
    return [
        *plain,
        *modes,
        *packed,
        _image("JPEG", progressive=True),
        _image("JPEG", "L"),
        _image("JPEG", "CMYK"),
    ]


@cache
def _slides() -> Sequence[bytes]:
    fields = [
        {"resolution": 20_000.0, "resolution_unit": "cm"},
        {"description": "Aperio |AppMag = 20|MPP = 0.5"},
    ]
    return [_image("TIFF", **field) for field in fields]


def _hdf5(write: Callable[[h5py.File], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(Path(folder) / "seed.h5", "w") as file:
            write(file)
        return (Path(folder) / "seed.h5").read_bytes()


def _write_csr(group: h5py.Group, matrix: np.ndarray) -> None:
    rows = csr_matrix(matrix)
    for part in ("data", "indices", "indptr"):
        group.create_dataset(part, data=getattr(rows, part))


def _write_h5ad(file: h5py.File, *, sparse: bool) -> None:
    file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
    for table, ids in (("obs", BARCODES), ("var", [f"GENE{k}" for k in range(GENES)])):
        group = file.create_group(table)
        group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
        group.create_dataset("_index", data=ids, dtype=h5py.string_dtype())
    patient = file.create_group("obs/patient")
    patient.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0", "ordered": False})
    patient.create_dataset("categories", data=["p1"], dtype=h5py.string_dtype())
    patient.create_dataset("codes", data=np.zeros(SPOTS, dtype=np.int8))
    file.create_dataset("obsm/spatial", data=np.array([(40.0 + 35 * x, 40.0 + 35 * y) for x, y in PLACES]))
    if sparse:
        group = file.create_group("X")
        group.attrs.update(
            {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": np.array(COUNTS.shape)}
        )
        _write_csr(group, COUNTS)
    else:
        file.create_dataset("X", data=COUNTS.astype(np.float64))


@cache
def _h5ad_files() -> tuple[bytes, bytes]:
    return _hdf5(partial(_write_h5ad, sparse=True)), _hdf5(partial(_write_h5ad, sparse=False))


@cache
def _h5ad() -> Files:
    return {"one.h5ad": _h5ad_files()[0], "one.png": _image("PNG")}


@cache
def hest_files() -> Files:
    metadata = {"pixel_size_um_estimated": 0.5, "inter_spot_dist": 100.0, "spot_diameter": 55, "patient": "p"}
    return {**_h5ad(), "one.json": json.dumps(metadata).encode()}


def _write_tenx(file: h5py.File) -> None:
    group = file.create_group("matrix")
    _write_csr(group, COUNTS)
    group.create_dataset("shape", data=np.array([GENES, SPOTS], dtype=np.int32))
    group.create_dataset("barcodes", data=np.array([barcode.encode() for barcode in BARCODES]))
    for name, form in (("id", "ENSG{:011d}"), ("name", "SYM{}")):
        group.create_dataset(
            f"features/{name}", data=np.array([form.format(k).encode() for k in range(GENES)])
        )
    group.create_dataset("features/feature_type", data=np.array([b"Gene Expression"] * GENES))


@cache
def space_ranger_files() -> Files:
    lines = [
        f"{name},1,{y},{2 * x + y % 2},{400 + 300 * np.sqrt(3) / 2 * y},{400 + 150 * (2 * x + y % 2)}"
        for name, (x, y) in zip(BARCODES, PLACES, strict=True)
    ]
    factors = {"tissue_hires_scalef": 0.1, "spot_diameter_fullres": 195.0}
    return {
        "filtered_feature_bc_matrix.h5": _hdf5(_write_tenx),
        "spatial/tissue_positions_list.csv": "\n".join(lines).encode(),
        "spatial/scalefactors_json.json": json.dumps(factors).encode(),
        "spatial/tissue_hires_image.png": _image("PNG"),
    }


@cache
def space_ranger_text_files() -> Files:
    matrix = io.BytesIO()
    mmwrite(matrix, csr_matrix(COUNTS.T))
    files = {name: content for name, content in space_ranger_files().items() if not name.endswith(".h5")}
    features = "".join(f"ENSG{k:011d}\tSYM{k}\tGene Expression\n" for k in range(GENES))
    trio = {
        "matrix.mtx": matrix.getvalue(),
        "barcodes.tsv": "\n".join(BARCODES).encode(),
        "features.tsv": features.encode(),
    }
    return files | {f"filtered_feature_bc_matrix/{name}": content for name, content in trio.items()}


@cache
def legacy_files() -> Files:
    names = [f"{x}x{y}" for x, y in PLACES]
    counts = ["\t" + "\t".join(f"GENE{k}" for k in range(GENES))]
    counts += ["\t".join([name, *map(str, row)]) for name, row in zip(names, COUNTS, strict=True)]
    spots = ["x\ty\tnew_x\tnew_y\tpixel_x\tpixel_y\tselected"]
    spots += [f"{x}\t{y}\t{x}\t{y}\t{40 + 35 * x}\t{40 + 35 * y}\t1" for x, y in PLACES]
    return {
        "S1.tsv": "\n".join(counts).encode(),
        "S1_selection.tsv": "\n".join(spots).encode(),
        "S1.png": _image("PNG"),
    }


@cache
def tile_files() -> Files:
    tile = io.BytesIO()
    Image.fromarray(np.full((20, 20, 3), 90, dtype=np.uint8)).save(tile, "PNG")
    lines = ["file,x,y,GENEA,GENEB", *(f"t{k}.png,{100 * k + 50},50,{k},{k + 1}" for k in range(3))]
    return {"tiles.csv": "\n".join(lines).encode(), **{f"t{k}.png": tile.getvalue() for k in range(3)}}


@cache
def _features() -> Sequence[bytes]:
    content = FeatureFile(
        np.random.default_rng(0).normal(size=(SPOTS, 5)).astype(np.float32),
        text_array(BARCODES),
        (0.5,) * 5,
        (("encoder", "synthetic"),),
    )
    with tempfile.TemporaryDirectory() as folder:
        write_feature_file(Path(folder) / "f.h5", content)
        return [(Path(folder) / "f.h5").read_bytes()]


def _write_tiles(file: h5py.File) -> None:
    tile = _image("JPEG", quality=50)
    file.create_dataset("jpeg", data=np.frombuffer(tile * 3, dtype=np.uint8), chunks=True, fletcher32=True)
    file.create_dataset("end", data=len(tile) * np.arange(1, 4))
    file.create_dataset("barcode", data=BARCODES[:3], dtype=h5py.string_dtype())


def _part(
    name: str, files_of: Callable[[], Files], part: str, opened: str = "", mpp: float | None = None
) -> Target:
    return Target(
        name, "sections", lambda: [files_of()[part]], partial(_read_part, files_of, part, opened, mpp)
    )


_TRIO = "filtered_feature_bc_matrix"
SECTIONS = (
    Target("h5ad", "hdf5", _h5ad_files, partial(_read_part, _h5ad, "one.h5ad", "one.h5ad", 0.5)),
    _part("hest-metadata", hest_files, "one.json", "one.h5ad"),
    _part("space-ranger-counts", space_ranger_files, f"{_TRIO}.h5"),
    _part("space-ranger-matrix", space_ranger_text_files, f"{_TRIO}/matrix.mtx"),
    _part("space-ranger-genes", space_ranger_text_files, f"{_TRIO}/features.tsv"),
    _part("space-ranger-positions", space_ranger_files, "spatial/tissue_positions_list.csv"),
    _part("space-ranger-factors", space_ranger_files, "spatial/scalefactors_json.json"),
    _part("legacy-counts", legacy_files, "S1.tsv", "S1.tsv"),
    _part("legacy-spots", legacy_files, "S1_selection.tsv", "S1.tsv"),
    _part("tile-folder", tile_files, "tiles.csv", mpp=0.5),
    Target(
        "sheet",
        "sections",
        lambda: [b"path,patient,section,mpp,image,spots\nS1.tsv,p,one,0.5,S1.png,S1_selection.tsv\n"],
        _read_sheet,
    ),
    Target("slide", "images", _slides, _read_slide),
    Target("image", "images", _images, _read_image, ("st/osteosarcoma_tiles/tiles/*1.jpg",)),
    Target("features", "hdf5", _features, _read_features),
    Target("tiles", "hdf5", lambda: [_hdf5(_write_tiles)], _read_tiles),
)
