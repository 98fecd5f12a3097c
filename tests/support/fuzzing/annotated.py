"""Damaged DICOM files and annotations of slides."""

import io
import json
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from fuzzing.contract import Target
from tissue.example_dicom import dataset, item
from tissue.example_slides import NECROTIC, VIABLE, feature, image_scope_region, ring, write_image_scope


@cache
def _dicom_files() -> list[bytes]:
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGBaseline8Bit, RLELossless

    random = np.random.default_rng(0)
    grey = random.integers(-200, 900, (12, 10)).astype(np.int16)
    window = {"WindowCenter": ["40", "300"], "WindowWidth": ["400", "1500"]}
    groups = item(FrameVOILUTSequence=item(WindowCenter="50", WindowWidth="90"))
    table = item(LUTDescriptor=[256, 0, 16], LUTData=(257 * np.arange(256)).astype("<u2").tobytes())
    table[0]["LUTData"].VR = "OW"
    stream = io.BytesIO()
    Image.fromarray(random.integers(0, 255, (12, 10), dtype=np.uint8)).save(stream, "JPEG")
    jpeg = dataset(random.integers(0, 255, (12, 10), dtype=np.uint8))
    jpeg.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    jpeg.PixelData = encapsulate([stream.getvalue()])
    jpeg["PixelData"].is_undefined_length = True
    runs = dataset(random.integers(0, 9, (3, 12, 10)).astype(np.uint8))
    runs.compress(RLELossless, generate_instance_uid=False)
    files = [
        dataset(grey, RescaleSlope="1", RescaleIntercept="-1024", **window),
        dataset(grey.astype(np.uint16), PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=0),
        dataset(random.integers(0, 99, (4, 6, 5)).astype(np.uint8), SharedFunctionalGroupsSequence=groups),
        dataset(random.integers(0, 255, (6, 5), dtype=np.uint8), VOILUTSequence=table),
        dataset(random.integers(0, 255, (6, 5, 3), dtype=np.uint8), BurnedInAnnotation="YES"),
        jpeg,
        runs,
    ]
    written = []
    for file in files:
        stream = io.BytesIO()
        file.save_as(stream, enforce_file_format=True)
        written.append(stream.getvalue())
    return written


def _read_dicom(data: bytes, folder: Path) -> None:
    from spectra_dl.imaging.dicom.file import open_dicom

    path = folder / "scan.dcm"
    path.write_bytes(data)
    file = open_dicom(path)
    for pixels in file.read(range(min(file.frames, 4))):
        assert pixels.shape == (file.height, file.width, 3)
        assert pixels.dtype == np.uint8


@cache
def _geojson_files() -> list[bytes]:
    hole = [[300, 150], [400, 150], [400, 250], [300, 150]]
    many = feature("Viable", [])
    many["geometry"] = {"type": "MultiPolygon", "coordinates": [[ring(VIABLE), hole], [ring(NECROTIC)]]}
    inside = feature(None, [])
    inside["geometry"] = {
        "type": "GeometryCollection",
        "geometries": [many["geometry"], {"type": "Point", "coordinates": [1, 2]}],
    }
    features = [
        feature("Viable", [ring(VIABLE), hole]),
        many,
        inside,
        feature("Cell", [ring(NECROTIC)], "detection"),
    ]
    whole = {"type": "FeatureCollection", "features": features}
    return [json.dumps(each).encode() for each in (whole, features, features[0])]


@cache
def _image_scope_files() -> list[bytes]:
    import tempfile

    regions = [
        image_scope_region(ring(VIABLE)[:4])
        + image_scope_region([(300, 150), (400, 150), (400, 250)], negative=1),
        image_scope_region([(100, 60), (900, 460)], kind=2) + image_scope_region([(0, 0), (5, 5)], kind=4),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = write_image_scope(Path(folder, "a.xml"), [("Viable", regions[0]), ("", regions[1])])
        return [path.read_bytes()]


def _read_annotation(data: bytes, folder: Path) -> None:
    from spectra_dl.tissue.slides.annotation import read_annotation
    from spectra_dl.tissue.slides.outlines import TileGrid, coverage_of, refuse_outside

    path = folder / "annotation"
    path.write_bytes(data)
    outlines, _ = read_annotation(path)
    refuse_outside(outlines, (1536, 1024), path.name)
    if outlines:
        coverage = coverage_of(outlines, TileGrid.over(1536, 1024, 100))
        assert (coverage.alone <= coverage.covered).all()
        assert 0 <= coverage.covered.min() <= coverage.covered.max() <= 1


ANNOTATED = (
    Target("DICOM file", "images", _dicom_files, _read_dicom),
    Target("GeoJSON annotation", "images", _geojson_files, _read_annotation),
    Target("ImageScope annotation", "images", _image_scope_files, _read_annotation),
)
