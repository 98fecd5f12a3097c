"""TIFF in every way it is written: the right pixels and µm per pixel, or a refusal that names the feature; a whole file is never damaged."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from fuzzing.tiff_variants import HEIGHT, WIDTH, Variant, ome_variants, plain_variants, tissue
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers import read_section
from spectra_dl.imaging import tiff_image
from spectra_dl.imaging.slide import open_tissue_image

VARIANTS = [*plain_variants(), *ome_variants()]
CENTRE = np.array([[100.0, 75.0], [3.0, 149.0], [31.5, 64.0], [-40.0, 20.0]])


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_whole_tiff_gives_its_pixels_and_scale_or_names_what_it_is(tmp_path, variant: Variant):
    path = tmp_path / "slide.tif"
    pixels = variant.write(path)
    if variant.says or variant.um is None:
        with pytest.raises(DataError, match=variant.says or "--mpp") as refusal:
            read_section(path, pitch_um=20.0)
        assert "damaged" not in str(refusal.value)
        if variant.says:
            return
    section = read_section(path, pitch_um=20.0, um_per_pixel=None if variant.um else 2.0)
    assert section.um_per_pixel == pytest.approx(2.0)
    assert variant.note in "\n".join(section.notes)
    whole = section.image.decoded()
    assert whole.shape == (HEIGHT, WIDTH, 3)
    if variant.exact:
        np.testing.assert_array_equal(whole, pixels)
    assert abs(whole.astype(int) - pixels).mean() < 3


@pytest.mark.parametrize("variant", VARIANTS[::7], ids=lambda variant: variant.name)
def test_a_large_tiff_is_read_by_region_with_the_same_tiles(tmp_path, monkeypatch, variant: Variant):
    variant.write(tmp_path / "slide.tif")
    if variant.says:
        return
    image = open_tissue_image(tmp_path / "slide.tif")
    whole = list(image.cutter()(CENTRE, 40.0, 20))
    small = image.thumbnail(50)[0]
    monkeypatch.setattr(tiff_image, "_DECODED_BYTES", 1000)
    monkeypatch.setattr(tiff_image, "_KEPT_BYTES", 20_000)
    for tile, expected in zip(image.cutter()(CENTRE, 40.0, 20), whole, strict=True):
        np.testing.assert_array_equal(tile, expected)
    assert image.thumbnail(50)[0].shape == small.shape
    assert abs(image.thumbnail(50)[0].astype(int) - small).mean() < 5


def _saved_by_pillow(mode: str, **options: object):
    def write(path):
        Image.fromarray(tissue()).convert(mode).save(path, "TIFF", **options)

    return write


@pytest.mark.parametrize(
    ("mode", "compression", "most"),
    [
        ("YCbCr", "tiff_lzw", 1),
        ("CMYK", "tiff_lzw", 1),
        ("P", None, 60),
        ("RGBX", None, 0),
        ("RGB", "jpeg", 1),
    ],
)
def test_other_models_of_colour_become_red_green_and_blue(tmp_path, mode, compression, most):
    _saved_by_pillow(mode, compression=compression)(tmp_path / "a.tif")
    section = read_section(tmp_path / "a.tif", um_per_pixel=2.0, pitch_um=20.0)
    assert abs(section.image.decoded().astype(int) - tissue()).mean() <= most
    assert ("CMYK" in str(section.notes), "palette" in str(section.notes)) == (mode == "CMYK", mode == "P")


@pytest.mark.parametrize(
    ("mode", "says"),
    [("L", "grey"), ("LA", "grey"), ("1", "1-bit"), ("F", "32-bit float"), ("LAB", "interpretation 8")],
)
def test_an_image_without_red_green_and_blue_is_named_as_what_it_is(tmp_path, mode, says):
    _saved_by_pillow(mode)(tmp_path / "a.tif")
    with pytest.raises(DataError, match=f"{says}.*export it as 8-bit RGB TIFF"):
        open_tissue_image(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_grey_png_or_jpeg_is_refused(tmp_path, kind):
    Image.fromarray(tissue()).convert("L").save(tmp_path / "a", kind)
    with pytest.raises(DataError, match="a grey image"):
        open_tissue_image(tmp_path / "a")


@pytest.mark.parametrize("shape", ["ZYXS", "TYXS"])
def test_a_stack_in_ome_is_refused_and_no_plane_is_chosen(tmp_path, shape):
    tifffile.imwrite(
        tmp_path / "a.tif", np.stack([tissue()] * 2), photometric="rgb", ome=True, metadata={"axes": shape}
    )
    with pytest.raises(DataError, match=r"a stack of .* export one plane"):
        open_tissue_image(tmp_path / "a.tif")


def test_pages_of_one_size_are_refused_and_no_plane_is_chosen(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([tissue()] * 3), photometric="rgb")
    with pytest.raises(DataError, match="3 RGB pages of 200 x 150 pixels"):
        open_tissue_image(tmp_path / "a.tif")


@pytest.mark.parametrize("label_first", [True, False])
def test_the_largest_image_of_ome_is_read_with_its_scale(tmp_path, label_first):
    images = [(tissue()[::4, ::4], 8.0), (tissue(), 2.0)]
    with tifffile.TiffWriter(tmp_path / "a.tif", ome=True) as file:
        for pixels, size in images if label_first else images[::-1]:
            file.write(
                pixels,
                photometric="rgb",
                metadata={"axes": "YXS", "PhysicalSizeX": size, "PhysicalSizeY": size},
            )
    section = read_section(tmp_path / "a.tif", pitch_um=20.0)
    np.testing.assert_array_equal(section.image.decoded(), tissue())
    assert section.um_per_pixel == 2.0


SIZES = 'SizeX="200" SizeY="150" SizeT="1" SizeC="3"'
DESCRIPTIONS = {
    "planes in another file": (
        f'<OME UUID="urn:uuid:a"><Pixels {SIZES} SizeZ="1"><Channel SamplesPerPixel="3"/>'
        '<TiffData><UUID FileName="b.tif">urn:uuid:b</UUID></TiffData></Pixels></OME>',
        "planes that are not in this file",
    ),
    "a billion planes": (f'<OME><Pixels {SIZES} SizeZ="999999999"/></OME>', "a stack of 999999999 z-planes"),
    "another size": (f'<OME><Pixels {SIZES.replace("200", "300")} SizeZ="1"><Channel SamplesPerPixel="3"/></Pixels></OME>', "300 x 150"),
}  # fmt: skip


@pytest.mark.parametrize("fault", DESCRIPTIONS)
def test_ome_that_does_not_describe_the_file_is_refused_in_words(tmp_path, fault):
    text, says = DESCRIPTIONS[fault]
    tifffile.imwrite(tmp_path / "a.tif", tissue(), photometric="rgb", metadata=None, description=text)
    with pytest.raises(DataError, match=says):
        open_tissue_image(tmp_path / "a.tif")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><OME>&x;</OME>',
        "<OME><Pixels",
        '<OME><BinaryOnly UUID="a"/></OME>',
    ],
)
def test_ome_that_can_not_be_read_is_noted_and_nothing_of_it_is_used(tmp_path, text):
    tifffile.imwrite(tmp_path / "a.tif", tissue(), photometric="rgb", metadata=None, description=text)
    image = open_tissue_image(tmp_path / "a.tif")
    assert "OME-XML can't be read" in image.notes[0]
    np.testing.assert_array_equal(image.decoded(), tissue())


@pytest.mark.parametrize("compression", ["jpegxl", "jpegxr"])
def test_an_unknown_compression_is_named_with_its_number(tmp_path, compression):
    tifffile.imwrite(tmp_path / "a.tif", tissue(), photometric="rgb", compression=compression, tile=(64, 64))
    with pytest.raises(DataError, match=rf"compression \d+ \({compression.upper()}\) is not read; export"):
        open_tissue_image(tmp_path / "a.tif").decoded()


@pytest.mark.parametrize("compression", ["lzw", "zlib", "jpeg", "jpeg2000"])
def test_without_imagecodecs_pillow_decodes_or_the_extra_is_named(tmp_path, monkeypatch, compression):
    tifffile.imwrite(tmp_path / "a.tif", tissue(), photometric="rgb", compression=compression, tile=(64, 64))
    monkeypatch.setattr(tiff_image, "find_spec", lambda _: None)
    image = open_tissue_image(tmp_path / "a.tif")
    if compression == "jpeg2000":
        with pytest.raises(UsageError, match=r"JPEG2000.*pip install 'spectra-dl\[slides\]'"):
            image.decoded()
    else:
        assert abs(image.decoded().astype(int) - tissue()).mean() < 2


def test_a_tile_that_states_a_far_larger_image_is_not_decoded(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.zeros((512, 512, 3), dtype=np.uint8), photometric="rgb", compression="jpeg", tile=(512, 512)
    )
    with tifffile.TiffFile(path, mode="r+") as file:
        for name, value in (("ImageWidth", 16), ("ImageLength", 16), ("TileWidth", 16), ("TileLength", 16)):
            file.pages[0].tags[name].overwrite(value)
    with pytest.raises(DataError, match="512 x 512 pixels for 16 x 16"):
        open_tissue_image(path).decoded()


def test_a_chain_of_pages_that_never_ends_is_read_once(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for k in (1, 2, 4):
            file.write(tissue()[::k, ::k], photometric="rgb", metadata=None)
    with tifffile.TiffFile(path) as file:
        second, last = file.pages[1].offset, file.pages[2]
        link = last.offset + 2 + 12 * len(last.tags)
    content = bytearray(path.read_bytes())
    content[link : link + 4] = second.to_bytes(4, "little")
    path.write_bytes(content)
    np.testing.assert_array_equal(open_tissue_image(path).decoded(), tissue())


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("TileWidth", 1 << 20, "tiles of 1048576 x 64 pixels"),
        ("ImageWidth", 0, "it has no image"),
        ("TileLength", 16, "are listed"),
    ],
)
def test_fields_that_can_not_be_true_are_refused_before_anything_is_decoded(tmp_path, field, value, says):
    tifffile.imwrite(tmp_path / "a.tif", tissue(), photometric="rgb", compression="lzw", tile=(64, 64))
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        tag = file.pages[0].tags[field]
        file.filehandle.seek(tag.valueoffset)
        file.filehandle.write(value.to_bytes(4 if tag.dtype == 4 else 2, "little"))
    with pytest.raises(DataError, match=says):
        open_tissue_image(tmp_path / "a.tif")


def test_twelve_significant_bits_that_ome_states_are_brought_to_eight(tmp_path):
    stored = np.rint(tissue() * (4095 / 255)).astype(np.uint16)
    described = {"axes": "YXS", "SignificantBits": 12}
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", ome=True, metadata=described)
    image = open_tissue_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.decoded(), tissue())
    assert "colours of 12 bits" in str(image.notes)


def test_twelve_bits_without_a_word_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", tissue().astype(np.uint16) * 16, photometric="rgb")
    with pytest.raises(DataError, match="16 bits go up to 3936, so what white is can't be known"):
        open_tissue_image(tmp_path / "a.tif")


def test_a_mask_of_the_images_size_is_no_second_plane(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(tissue(), photometric="rgb", metadata=None)
        file.write(tissue()[..., 0] > 200, photometric="minisblack", subfiletype=4, metadata=None)
    np.testing.assert_array_equal(open_tissue_image(tmp_path / "a.tif").decoded(), tissue())


def test_channels_that_are_samples_of_one_page_are_put_in_the_order_of_their_names(tmp_path):
    named = "".join(f'<Channel Name="{name}"/>' for name in ("Blue", "Red", "Green"))
    text = f'<OME><Pixels {SIZES} SizeZ="1">{named}</Pixels></OME>'
    stored = np.ascontiguousarray(tissue()[..., [2, 0, 1]])
    options = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None, "description": text}
    tifffile.imwrite(tmp_path / "a.tif", stored, **options)
    np.testing.assert_array_equal(open_tissue_image(tmp_path / "a.tif").decoded(), tissue())


def test_a_volume_is_refused(tmp_path):
    options = {"volumetric": True, "tile": (16, 16, 16), "photometric": "rgb"}
    tifffile.imwrite(tmp_path / "a.tif", np.stack([tissue()] * 16), **options)
    with pytest.raises(DataError, match="a volume of 16 planes; export one plane as RGB TIFF"):
        open_tissue_image(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("kind", "says"), [("uint16", "not said to be red, green and blue"), ("float32", "float32")]
)
def test_three_samples_that_are_no_colours_are_refused(tmp_path, kind, says):
    options = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", tissue().astype(kind), **options)
    with pytest.raises(DataError, match=f"{says}.*export it as 8-bit RGB TIFF"):
        open_tissue_image(tmp_path / "a.tif")


def test_samples_of_one_page_that_are_labels_are_refused(tmp_path):
    named = "".join(f'<Channel Name="{name}"/>' for name in ("DAPI", "FITC", "TRITC"))
    text = f'<OME><Pixels {SIZES} SizeZ="1">{named}</Pixels></OME>'
    options = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None, "description": text}
    tifffile.imwrite(tmp_path / "a.tif", tissue(), **options)
    with pytest.raises(DataError, match=r"not named red, green and blue.*export it as 8-bit RGB TIFF"):
        open_tissue_image(tmp_path / "a.tif")


def test_planes_of_a_camera_that_are_no_whole_numbers_are_refused(tmp_path):
    planes = np.moveaxis(tissue(), 2, 0).astype(np.float32)
    metadata = {"axes": "CYX", "Channel": {"Name": ["Red", "Green", "Blue"]}}
    tifffile.imwrite(tmp_path / "a.tif", planes, ome=True, photometric="minisblack", metadata=metadata)
    with pytest.raises(DataError, match="its samples are 32-bit float32, not 8-bit colours"):
        open_tissue_image(tmp_path / "a.tif")
