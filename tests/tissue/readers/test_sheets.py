"""A sheet says what images are; what is in doubt is refused in a sentence."""

import numpy as np
import pytest
from PIL import Image

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.reading_options import ImageOptions


@pytest.fixture
def folder(tmp_path):
    """Four images of two patients."""
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 255, size=(40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    return tmp_path


def sheet(folder, *lines, header="path,patient,slide,label"):
    path = folder / "sheet.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_sheet_says_class_patient_slide_place_and_scale(folder):
    path = sheet(
        folder,
        "0.png,P1,S1,viable,10,20,0.5",
        "1.png,P2,S2,necrotic,30,,0.5",
        header="path,patient,slide,label,x,y,mpp",
    )
    images = read_images(path)
    assert list(images.label) == ["viable", "necrotic"]
    assert list(images.patient) == ["P1", "P2"]
    assert list(images.slide) == ["S1", "S2"]
    np.testing.assert_array_equal(images.position, [[10, 20], [30, np.nan]])
    np.testing.assert_array_equal(images.mpp, [0.5, 0.5])


def test_a_sheet_says_how_much_of_its_slide_an_image_is_wide(folder):
    path = sheet(folder, "0.png,P1,a,4096", "1.png,P2,b,", header="path,patient,label,side")
    images = read_images(path)
    np.testing.assert_array_equal(images.side, [4096, np.nan])
    np.testing.assert_array_equal(images[np.array([1])].side, [np.nan])
    assert "side" not in images.metadata
    sheet(folder, "0.png,P1,a,0", "1.png,P2,b,", header="path,patient,label,side")
    with pytest.raises(DataError, match=r"not above 0 in sheet\.csv line 2"):
        read_images(path)


def test_columns_of_other_names_are_named_and_further_ones_are_kept(folder):
    path = sheet(folder, "0.png,P1,viable,A", "1.png,P2,necrotic,B", header="path,case,tissue,scanner")
    images = read_images(path, ImageOptions(label="tissue", patient="case"))
    assert list(images.label) == ["viable", "necrotic"]
    assert {name: list(cells) for name, cells in images.metadata.items()} == {"scanner": ["A", "B"]}


def test_a_folder_with_a_sheet_of_images_is_read_by_it(folder):
    sheet(folder, "0.png,P1,S1,viable", "1.png,P2,S2,necrotic")
    (folder / "features.csv").write_text("image,area\n0.png,4\n")
    images = read_images(folder)
    assert list(images.name) == ["0.png", "1.png"]
    assert "'sheet.csv'" in images.notes[0]


def test_rows_are_taken_by_number_and_pixels_are_read_then(folder):
    images = read_images(sheet(folder, "0.png,P1,S1,viable", "1.png,P2,S2,necrotic"))
    (pixels,) = images[np.array([1])].pixels()
    assert (pixels == np.asarray(Image.open(folder / "1.png"))).all()


def test_a_file_that_stands_under_two_names_is_left_out_once_and_said(folder):
    (folder / "copy.png").write_bytes((folder / "0.png").read_bytes())
    images = read_images(sheet(folder, "0.png,P1,S1,viable", "copy.png,P1,S1,viable", "1.png,P2,S2,necrotic"))
    assert list(images.name) == ["0.png", "1.png"]
    assert any("copy.png" in note for note in images.notes)


def test_images_of_several_scales_are_noted(folder):
    path = sheet(folder, "0.png,P1,viable,0.25", "1.png,P2,necrotic,0.5", header="path,patient,label,mpp")
    assert any("0.25 to 0.5 µm per pixel" in note for note in read_images(path).notes)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["0.png,P1,S1,viable", "missing.png,P2,S2,necrotic"], "there is no file 'missing.png'"),
        (["../0.png,P1,S1,viable"], "leads out of the sheet's folder"),
        (["/etc/hostname,P1,S1,viable"], "leads out of the sheet's folder"),
        (["0.png,P1,S1,viable", "0.png,P1,S1,viable"], "stands in line 2 already"),
        (["0.png,P1,S1,viable", "1.png,P2,S1,necrotic"], "slide 'S1' stands with patients P1, P2"),
        (["0.png,P1,S1,viable", "1.png,P2,S2,"], "1 of 2 images have no label (sheet.csv line 3)"),
        (["0.png,P1,S1,viable", "1.png,nan,S2,necrotic"], "have no patient"),
        (["0.png,P1,S1"], "3 cells for 4 columns"),
        ([",P1,S1,viable"], "no path"),
        ([], "no line below the header"),
    ],
)
def test_what_a_sheet_can_not_mean_is_refused(folder, lines, said):
    with pytest.raises(DataError) as refused:
        read_images(sheet(folder, *lines))
    assert said in str(refused.value)


@pytest.mark.parametrize(("second", "said"), [("P1,S1,necrotic", "2 labels"), ("P2,S2,viable", "2 patients")])
def test_one_file_under_two_classes_or_patients_is_refused(folder, second, said):
    (folder / "copy.png").write_bytes((folder / "0.png").read_bytes())
    with pytest.raises(DataError, match=f"byte for byte, under {said}"):
        read_images(sheet(folder, "0.png,P1,S1,viable", f"copy.png,{second}"))


@pytest.mark.parametrize(
    ("cells", "said"),
    [("left,1,1", "x is 'left'"), ("1,1,-2", "mpp is µm per pixel"), ("1,inf,1", "y is 'inf'")],
)
def test_places_and_scales_must_be_numbers(folder, cells, said):
    path = sheet(folder, f"0.png,P1,viable,{cells}", header="path,patient,label,x,y,mpp")
    with pytest.raises(DataError, match=said):
        read_images(path)


def test_a_column_that_is_named_and_not_there_is_refused(folder):
    with pytest.raises(DataError, match="no column 'tissue'; its columns are path, patient"):
        read_images(sheet(folder, "0.png,P1,S1,viable"), ImageOptions(label="tissue"))


def test_a_broken_image_is_refused_by_name(folder):
    (folder / "broken.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken.jpg: not a JPEG, PNG or TIFF"):
        read_images(sheet(folder, "broken.jpg,P1,S1,viable"))


def test_a_pickle_is_never_loaded(folder):
    (folder / "evil.png").write_bytes(b"\x80\x04\x95evil")
    with pytest.raises(UnsafeError, match=r"evil.png"):
        read_images(sheet(folder, "evil.png,P1,S1,viable"))


def test_a_whole_slide_needs_the_size_of_its_pixels(folder):
    Image.new("RGB", (4100, 4100)).save(folder / "slide.png")
    with pytest.raises(
        DataError, match=r"slide.png: a slide that doesn't say how large its pixels are; say it in the sheet"
    ):
        read_images(sheet(folder, "slide.png,P1,S1,viable"))


def test_a_whole_slide_to_be_predicted_without_it_is_refused_alone(folder):
    Image.new("RGB", (4100, 4100)).save(folder / "slide.png")
    images = read_images(sheet(folder, "slide.png,P1,S1,viable"), labelled=False)
    assert "doesn't say how large its pixels are" in images.notes[0]
    assert "a slide that could not be cut into tiles" in images.files.faults()[0]


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("cells", ["1e12,0", "0,-1e12", "10000001,5"])
def test_a_place_that_no_slide_has_is_refused(folder, cells, labelled):
    (folder / "sheet.csv").write_text(f"path,patient,slide,label,x,y\n0.png,P1,S1,viable,{cells}\n")
    with pytest.raises(
        DataError, match=r"[xy] is where in its slide .* more than 10,000,000 away in sheet.csv line 2"
    ):
        read_images(folder / "sheet.csv", labelled=labelled)


def test_two_sheets_in_a_folder_are_refused(folder):
    sheet(folder, "0.png,P1,S1,viable")
    (folder / "other.csv").write_text("path,patient,label\n0.png,P1,viable\n")
    with pytest.raises(DataError, match=r"several sheets list images \(other.csv, sheet.csv\)"):
        read_images(folder)


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        read_images(tmp_path / "nowhere")


def test_a_sheet_that_is_no_text_is_refused(folder):
    (folder / "sheet.csv").write_bytes(b"path,label\n\xff\xfe\xff,1\n")
    with pytest.raises(DataError, match="no text in UTF-8"):
        read_images(folder / "sheet.csv")


def test_images_to_be_predicted_are_all_kept_whatever_they_are(folder):
    (folder / "copy.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "broken.png").write_bytes(b"no image")
    path = sheet(folder, "0.png", "copy.png", "broken.png", header="path")
    assert list(read_images(path, labelled=False).name) == ["0.png", "copy.png", "broken.png"]


def test_grey_of_more_than_8_bits_is_noted_as_stretched(folder):
    deep = np.random.default_rng(0).integers(900, 1200, size=(40, 40)).astype(np.uint16)
    Image.fromarray(deep).save(folder / "deep.png")
    images = read_images(sheet(folder, "0.png,P1,S1,a", "deep.png,P2,S2,b"), ImageOptions())
    assert [note for note in images.notes if "percentiles become black and white" in note] == [
        "deep.png: grey of more than 8 bits, whose 0.5 and 99.5 percentiles become black and white"
    ]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 3)])
def test_an_image_of_a_few_pixels_is_refused(folder, size):
    Image.new("RGB", size, (200, 100, 150)).save(folder / "small.png")
    with pytest.raises(DataError, match=f"small.png: {size[0]} x {size[1]} pixels, too few"):
        read_images(sheet(folder, "0.png,P1,S1,a", "small.png,P2,S2,b"), ImageOptions())
