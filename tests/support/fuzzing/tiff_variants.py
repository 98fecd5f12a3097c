"""TIFF files in the many ways that scanners and programs write them, each with what must come out."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import tifffile

LOSSLESS = (None, "lzw", "zlib", "zstd", "packbits", "lzma", "jpeg2000")
LOSSY = ("jpeg",)
HEIGHT, WIDTH = 150, 200
UNITS = {
    "µm": 2.0, "μm": 2.0, "nm": 2000.0, "mm": 0.002, "cm": 0.0002, "m": 2e-6, "Å": 20_000.0, "pm": 2e6,
    "inch": 2 / 25_400, "in": 2 / 25_400, "thou": 2 / 25.4, "pt": 2 * 72 / 25_400,
}  # fmt: skip
NO_LENGTHS = ("pixel", "reference frame")


@dataclass(frozen=True)
class Variant:
    """One way to write an image.

    Attributes
    ----------
    name
        What it is called in a test.
    options
        Of `tifffile.TiffWriter.write`, as pairs.
    file
        Of `tifffile.TiffWriter`, as pairs.
    layout
        ``"rgb"``, ``"cyx"`` (three pages), ``"planes"`` (separate planes in one page), ``"rgba"``, ``"thumbnail first"`` or ``"pyramid"``.
    dtype
        Of a sample.
    says
        What a refusal says; empty where the image is read.
    um
        µm per pixel that are read; None where they are asked for.
    note
        What a note says.
    """

    name: str
    options: tuple[tuple[str, object], ...] = ()
    file: tuple[tuple[str, object], ...] = ()
    layout: str = "rgb"
    dtype: str = "uint8"
    says: str = ""
    um: float | None = None
    note: str = ""

    @property
    def exact(self) -> bool:
        """Whether the pixels come back as they were."""
        return dict(self.options).get("compression") not in LOSSY

    def write(self, path: Path) -> np.ndarray:
        """Write the image, and return ``(h, w, 3)`` bytes as they must be read."""
        pixels = tissue()
        with tifffile.TiffWriter(path, **dict(self.file)) as file:
            self._pages(file, pixels)
        return pixels

    def _pages(self, file: tifffile.TiffWriter, pixels: np.ndarray) -> None:
        stored = pixels.astype(np.uint16) * 257 if self.dtype == "uint16" else pixels.astype(self.dtype)
        options = {"photometric": "rgb", **dict(self.options)}
        if self.layout == "cyx":
            file.write(np.moveaxis(stored, -1, 0), **(options | {"photometric": "minisblack"}))
        elif self.layout == "planes":
            file.write(np.moveaxis(stored, -1, 0), **options, planarconfig="separate")
        elif self.layout == "rgba":
            opaque = np.full((HEIGHT, WIDTH, 1), 255, dtype=np.uint8)
            file.write(np.concatenate([stored, opaque], axis=2), **options, extrasamples=["unassalpha"])
        elif self.layout == "thumbnail first":
            file.write(stored[::4, ::4], photometric="rgb", metadata=None)
            file.write(stored, **options, metadata=None)
        elif self.layout == "pyramid":
            file.write(stored, **options, subifds=1)
            file.write(
                stored[::2, ::2], **{k: v for k, v in options.items() if k != "metadata"}, subfiletype=1
            )
        else:
            file.write(stored, **options)


def tissue() -> np.ndarray:
    """Return pink tissue on white glass, ``(150, 200, 3)`` uint8."""
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.full((HEIGHT, WIDTH, 3), (246, 244, 245), dtype=np.uint8)
    inside = (row > 30) & (row < 130) & (column > 20) & (column < 180)
    pixels[inside] = np.stack([160 + row % 40, 80 + column % 50, 150 + 0 * row], axis=-1)[inside]
    return pixels


def plain_variants() -> list[Variant]:
    """Return variants of TIFF without OME: byte order, BigTIFF, compression, strips and tiles, planes, pages, alpha."""
    variants = []
    kinds = product("<>", (False, True), (*LOSSLESS, *LOSSY), (None, (64, 64)), ("rgb", "planes"))
    for order, big, compression, tile, layout in kinds:
        if compression in ("jpeg2000", "jpeg") and layout == "planes":
            continue
        options = (
            ("compression", compression), ("tile", tile), ("resolution", (5000, 5000)), ("resolutionunit", "CENTIMETER"),
        )  # fmt: skip
        name = f"{'big' if big else ''}tiff{order} {compression} {'tiles' if tile else 'strips'} {layout}"
        variants.append(Variant(name, options, (("byteorder", order), ("bigtiff", big)), layout, um=2.0))
    for predictor, dtype in product(("lzw", "zlib"), ("uint8", "uint16")):
        options = (("compression", predictor), ("predictor", True), ("rowsperstrip", 17))
        note = "16 bits" if dtype == "uint16" else ""
        variants.append(Variant(f"predictor {predictor} {dtype}", options, dtype=dtype, note=note))
    variants += [
        Variant("alpha", layout="rgba"),
        Variant("webp", (("compression", "webp"), ("tile", (64, 64)))),
        Variant("thumbnail first", layout="thumbnail first", note="page 2 of 2 is used, the largest"),
        Variant("float", dtype="float32", says="float32"),
        Variant("32 bits", dtype="uint32", says="uint32"),
        Variant("oblong resolution", (("resolution", (5000, 2500)), ("resolutionunit", "CENTIMETER")), says="4 µm high"),
        Variant("resolution for print", (("resolution", (300, 300)), ("resolutionunit", "INCH"))),
        Variant("ImageJ", (("resolution", (0.5, 0.5)), ("metadata", {"unit": "micron"})), (("imagej", True),), um=2.0),
        Variant("ImageJ um", (("resolution", (0.5, 0.5)), ("metadata", {"unit": "um"})), (("imagej", True),), um=2.0),
        Variant("ImageJ pixel", (("resolution", (1, 1)), ("metadata", {"unit": "pixel"})), (("imagej", True),)),
    ]  # fmt: skip
    return variants


def ome_variants() -> list[Variant]:
    """Return variants of OME-TIFF: units, planes, pyramids, names of channels, square and oblong pixels."""
    variants = [
        _ome(f"{unit} {layout}", layout, size=value, unit=unit, um=2.0)
        for (unit, value), layout in product(UNITS.items(), ("rgb", "cyx", "pyramid"))
    ]
    variants += [_ome(f"no length {unit}", "rgb", size=2.0, unit=unit) for unit in NO_LENGTHS]
    for big, compression, tile in product((False, True), ("zlib", "lzw", "jpeg"), (None, (64, 64))):
        options = (("compression", compression), ("tile", tile))
        variants.append(
            _ome(f"pyramid {big} {compression} {tile}", "pyramid", um=2.0, options=options, big=big)
        )
    named = {"Channel": {"Name": ["Red", "Green", "Blue"]}}
    variants += [
        _ome("named planes", "cyx", um=2.0, metadata=named),
        _ome("named planes of 16 bits", "cyx", um=2.0, metadata=named, dtype="uint16", note="16 bits"),
        _ome("unnamed planes of 16 bits", "cyx", dtype="uint16", says="uint16.*not named red"),
        _ome("stains", "cyx", metadata={"Channel": {"Name": ["DAPI", "FITC", "TRITC"]}}, says="DAPI, FITC, TRITC"),
        _ome("oblong", "rgb", metadata={"PhysicalSizeY": 4.0}, says="2 µm wide and 4 µm high"),
        _ome("two sizes", "rgb", options=(("resolution", (20_000, 20_000)), ("resolutionunit", "CENTIMETER")), says="2 µm per pixel.*0.5"),
    ]  # fmt: skip
    return variants


def _ome(
    name: str,
    layout: str,
    *,
    size: float = 2.0,
    unit: str = "µm",
    um: float | None = None,
    says: str = "",
    note: str = "",
    dtype: str = "uint8",
    big: bool = False,
    options: tuple[tuple[str, object], ...] = (),
    metadata: dict[str, object] | None = None,
) -> Variant:
    described = {
        "axes": "CYX" if layout == "cyx" else "YXS",
        "PhysicalSizeX": size, "PhysicalSizeXUnit": unit, "PhysicalSizeY": size, "PhysicalSizeYUnit": unit,
        **(metadata or {}),
    }  # fmt: skip
    file = (("ome", True), ("bigtiff", big))
    note = note or ("red, green and blue" if layout == "cyx" and not says else "")
    return Variant(f"OME {name}", (*options, ("metadata", described)), file, layout, dtype, says, um, note)
