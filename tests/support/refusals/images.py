"""Sections E and I: images and slides, and images with classes."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless

from example_images import REFUSED, strip, tiff
from refusals.inputs import pickled, section_command, write
from refusals.row import Command, Maker, Row
from tissue.example_dicom import dataset
from tissue.example_slides import feature, ring

_CUTTING = "tests/tissue/slides/test_cutting.py"
_IMAGE, _FLAGS = "tests/imaging/test_image_file.py", "tests/expression/registration/test_tile_flags.py"
_WITHOUT, _LARGE = "tests/imaging/test_without_imagecodecs.py", "tests/imaging/test_slide.py"
_TILES = "tests/expression/readers/text_tables/test_tile_tables.py"
_EXPORT = "Export the image again."
_SMALLER = "Export the region with tissue, or a lower magnification."


def with_image(content: bytes | Callable[[], bytes], name: str = "slide.png", *, scale: bool = True) -> Maker:
    """An image alone, given to predict with a model of expression."""

    def make(folder: Path) -> list[Command]:
        command = section_command(folder, write(folder, name, content() if callable(content) else content))
        return [command if scale else [word for word in command if word not in ("--mpp", "0.5")]]

    return make


def _saved(kind: str = "PNG", size: int = 400) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


_STAIN = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)


def _tiff(pixels: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, **options)
    return stream.getvalue()


def _cut(kind: str) -> bytes:
    whole = _saved(kind)
    return whole[: len(whole) // 2]


_NAMES = ("0.png", "1.png", "2.png")
_SHEET = "path,patient,slide,label\n0.png,P1,S1,viable\n1.png,P2,S2,necrotic\n2.png,P3,S3,viable\n"
_EVALUATE = ("evaluate", "tissue", "images.csv", "--models", "logistic", "--out", "out")
_FOLDERS = "tests/tissue/readers/test_folders_and_names.py"


def with_sheet(text: str, change: Callable[[Path], object] | None = None) -> Maker:
    """Three images beside a sheet of this text."""

    def make(folder: Path) -> list[Command]:
        for number, name in enumerate(_NAMES):
            pixels = np.random.default_rng(number).integers(0, 255, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name)
        (folder / "images.csv").write_text(text, encoding="utf-8")
        if change is not None:
            change(folder)
        return [_EVALUATE]

    return make


def _instead(old: str, new: str) -> Maker:
    assert old in _SHEET
    return with_sheet(_SHEET.replace(old, new))


def _with_file(name: str, content: Callable[[Path], bytes], line: str) -> Maker:
    return with_sheet(_SHEET + line, lambda folder: (folder / name).write_bytes(content(folder)))


def _with_dicom(change: Callable[[Dataset], object]) -> Maker:
    def content(folder: Path) -> bytes:
        file, stream = dataset(np.arange(64, dtype=np.uint8).reshape(8, 8)), io.BytesIO()
        change(file)
        file.save_as(stream, enforce_file_format=True)
        return stream.getvalue()

    return _with_file("scan.dcm", content, "scan.dcm,P4,S4,viable\n")


def _annotated(name: str, text: str, mpp: str = "0.5") -> Maker:
    """A slide whose annotation is this text."""
    sheet = f"path,patient,mpp,annotation\n0.png,P1,{mpp},{name}\n"
    maker = with_sheet(sheet, lambda folder: (folder / name).write_text(text))

    def make(folder: Path) -> list[Command]:
        return [(*command, "--tile-um", "10") for command in maker(folder)]

    return make


def _as_jpeg_ls(file: Dataset) -> None:
    file.file_meta.TransferSyntaxUID = JPEGLSLossless
    file.PixelData = encapsulate([b"no frame"])
    file["PixelData"].is_undefined_length = True


_BOMB = '<!DOCTYPE a [<!ENTITY b "ha">]><Annotations>&b;</Annotations>'
_ELSEWHERE = json.dumps(feature("tumour", [ring((0, 0, 900, 900))]))


def _first(folder: Path) -> bytes:
    return (folder / "0.png").read_bytes()


ROWS = [
    Row("E", "3.6 billion pixels of one bit in a small file", "refuse", _SMALLER, with_image(REFUSED["a bomb of 3.6 Gpx in one bit"]), bounded=True),
    Row("E", "2.7 GB of colour in 2.6 MB", "refuse", _SMALLER, with_image(REFUSED["2.7 GB of colour in 2.6 MB"])),
    Row("E", "an image cut short", "refuse", _EXPORT, with_image(lambda: _cut("PNG")), "truncated or damaged"),
    Row("E", "a JPEG cut short", "refuse", _EXPORT, with_image(lambda: _cut("JPEG"), "slide.jpg"), "truncated or damaged"),
    Row("E", "transparent pixels", "warn", "Nothing; they are put on white.", says="What is transparent is put on white, and counts as glass.", tests=(f"{_IMAGE}::test_what_is_transparent_is_put_on_white",)),
    Row("E", "tiles of bare glass", "warn", "See the flags in predictions.h5ad.", says="Spots on glass are flagged, and their number is said.", tests=(f"{_FLAGS}::test_a_black_or_empty_place_is_flagged_where_it_is",)),
    Row("E", "black tiles of the scanner's edge", "warn", "See the flags in predictions.h5ad.", says="Black spots are flagged, and their number is said.", tests=(f"{_FLAGS}::test_a_black_or_empty_place_is_flagged_where_it_is",)),
    Row("E", "an image of one pixel", "refuse", "Give the whole image.", with_image(lambda: _saved(size=1))),
    Row("E", "red and blue swapped", "warn", "Export the image as RGB.", says="A tissue whose mean colour differs from that of the training sections is named in a warning.", tests=(f"{_FLAGS}::test_another_stain_is_noticed_and_the_patients_own_is_not",)),
    Row("E", "a pickle named slide.png", "unsafe", _EXPORT, with_image(pickled()), "pickle data"),
    Row("E", "a web page named slide.jpg", "refuse", "Download the image itself.", with_image(REFUSED["HTML"], "slide.jpg")),
    Row("E", "a TIFF of 10 billion pixels in one strip", "refuse", _SMALLER, with_image(REFUSED["a TIFF of 10 Gpx in one strip"], "slide.tif")),
    Row("E", "TIFF pages that point to themselves", "warn", "Nothing; each page is read once.", says="Each page is read once, and the largest is the image.", tests=(f"{_IMAGE}::test_a_directory_that_points_to_itself_does_not_hang",)),
    Row("E", "a TIFF cut inside its directory", "refuse", _EXPORT, with_image(REFUSED["a TIFF cut inside its directory"], "slide.tif")),
    Row("E", "a TIFF strip beyond the end of the file", "refuse", _EXPORT, with_image(tiff(strip(600, 600, 10**6, 100)), "slide.tif")),
    Row("E", "a grey image", "refuse", "Export it as RGB.", with_image(lambda: _tiff(_STAIN[..., 0]), "slide.tif"), "grey"),
    Row("E", "a stack of planes", "refuse", "Export one plane.", with_image(lambda: _tiff(np.stack([_STAIN, _STAIN])), "slide.tif"), "a stack"),
    Row("E", "channels of fluorescence", "refuse", "Give the stained section's image.", with_image(lambda: _tiff(np.stack([_STAIN[..., 0]] * 3), ome=True, photometric="minisblack", metadata={"axes": "CYX", "Channel": {"Name": ["DAPI", "FITC", "Cy5"]}}), "slide.tif"), "DAPI, FITC, Cy5"),
    Row("E", "pixels that are not square", "refuse", "Scale the image, or say --mpp.", with_image(lambda: _tiff(_STAIN, resolution=(20_000, 10_000), resolutionunit="CENTIMETER"), "slide.tif", scale=False), "0.5 µm wide and 1 µm high"),
    Row("E", "two sizes of a pixel in one file", "refuse", "Say --mpp.", with_image(lambda: _tiff(_STAIN, ome=True, resolution=(20_000, 20_000), resolutionunit="CENTIMETER", metadata={"axes": "YXS", "PhysicalSizeX": 2.0, "PhysicalSizeY": 2.0}), "slide.tif", scale=False), "but 0.5"),
    Row("E", "a TIFF with a field orientation", "warn", "Nothing; give positions in pixels as stored.", says="It is not applied, whoever decodes: not by Pillow without imagecodecs, nor by OpenSlide in large images.", tests=(f"{_WITHOUT}::test_the_field_orientation_is_not_applied_whoever_decodes", f"{_LARGE}::test_the_field_orientation_is_not_applied_to_a_large_image_either")),
    Row("E", "a size of a pixel far from that of the magnification", "warn", "Check which is right.", says="Both are named with their ratio; the magnification is never used.", tests=("tests/expression/readers/test_pixel_size.py::test_a_size_far_from_that_of_the_magnification_is_noted",)),
    Row("E", "tiles of several sizes in one folder", "refuse", "Cut all tiles to one size.", says="The first of another size is named when it is cut.", tests=(f"{_TILES}::test_a_tile_of_another_size_is_refused_when_it_is_cut",)),
    Row("E", "places on an array in x and y of a table of tiles", "refuse", "Call them array_col and array_row.", says="x and y a pixel apart, or that differ from pixel_x and pixel_y beside them, are no pixels.", tests=(f"{_TILES}::test_places_on_an_array_beside_pixels_are_not_taken_for_pixels", f"{_TILES}::test_places_on_an_array_alone_are_refused")),
    Row("E", "features whose barcodes and coords belong to other spots", "refuse", "Make the file again.", says="How much of the spots' places the coords explain is named.", tests=("tests/imaging/features/test_patches.py::test_coords_of_other_rows_than_the_barcodes_are_refused",)),
    Row("E", "an image without um per pixel", "refuse", "Say --mpp.", with_image(_saved, scale=False), "--mpp"),
]  # fmt: skip
ROWS += [
    Row("I", "a sheet that names an image which is not there", "refuse", "Correct the path, or take the line out.", _instead("1.png", "9.png"), "there is no file '9.png'"),
    Row("I", "a path that leads out of the folder", "refuse", "Put the images beside the sheet.", _instead("1.png", "../1.png"), "leads out of the sheet's folder"),
    Row("I", "an image that stands in two lines", "refuse", "Keep one line.", _instead("1.png", "0.png"), "stands in line 2 already"),
    Row("I", "an image without a class", "refuse", "Fill it in.", _instead("P2,S2,necrotic", "P2,S2,"), "have no label"),
    Row("I", "an image whose patient is nan", "refuse", "Fill it in.", _instead("P2,S2", "nan,S2"), "have no patient"),
    Row("I", "a slide of two patients", "refuse", "Give slides names of their own.", _instead("P2,S2", "P2,S1"), "slide 'S1' stands with patients"),
    Row("I", "one file under two classes", "refuse", "Find out whose it is.", _with_file("copy.png", _first, "copy.png,P1,S1,necrotic\n"), "byte for byte, under 2 labels"),
    Row("I", "one file under two patients", "refuse", "Find out whose it is.", _with_file("copy.png", _first, "copy.png,P4,S4,viable\n"), "byte for byte, under 2 patients"),
    Row("I", "an image cut short", "refuse", "Take a fresh copy.", _with_file("cut.png", lambda folder: _first(folder)[:700], "cut.png,P4,S4,necrotic\n"), "truncated or damaged"),
    Row("I", "text under the name of an image", "refuse", "Export the image.", _with_file("text.png", lambda folder: b"no image", "text.png,P4,S4,necrotic\n"), "not a JPEG, PNG or TIFF"),
    Row("I", "pickle data under the name of an image", "unsafe", "Take the image itself.", _with_file("evil.png", lambda folder: b"\x80\x04\x95evil", "evil.png,P4,S4,necrotic\n"), "never loaded"),
    Row("I", "a DICOM file without pixels", "refuse", "Leave it out.", _with_dicom(lambda file: delattr(file, "PixelData")), "without pixel data"),
    Row("I", "a DICOM file that claims more than it holds", "refuse", "Take a fresh copy.", _with_dicom(lambda file: setattr(file, "Rows", 60_000)), "more than the file holds"),
    Row("I", "a DICOM file whose compression nothing decodes", "refuse", "Export it uncompressed.", _with_dicom(_as_jpeg_ls), "which nothing installed decodes"),
    Row("I", "an annotation that defines entities", "refuse", "Export it again.", _annotated("a.xml", _BOMB), "defines a document type"),
    Row("I", "an annotation of another slide", "refuse", "Name that of this slide.", _annotated("a.geojson", _ELSEWHERE), "and the slide has 40 x 40 pixels"),
    Row("I", "an annotation drawn on a slide with other pixels, or whose areas all lie in the corner", "refuse", "Name that of this slide, in pixels.", says="The sizes are named.", tests=(f"{_CUTTING}::test_the_size_of_pixels_that_an_annotation_was_drawn_on_is_the_slides", f"{_CUTTING}::test_annotations_in_another_unit_that_lie_in_the_corner_are_refused")),
    Row("I", "annotated tiles of which most lie on glass", "warn", "Look at the annotation.", says="Their number is named, and that tissue lies elsewhere.", tests=(f"{_CUTTING}::test_annotations_on_glass_are_noted",)),
    Row("I", "a slide that doesn't say how large its pixels are", "refuse", "Say it in the column mpp.", _annotated("a.geojson", _ELSEWHERE, ""), "how large its pixels are"),
    Row("I", "folders train and test in place of classes", "refuse", "Bring folders by class and patient, or a sheet.", says="Folders that are parts of a split are refused as classes; the split is drawn by patient.", tests=(f"{_FOLDERS}::test_folders_that_say_no_patient_are_refused",)),
]  # fmt: skip
