"""One DICOM file: its header checked and bounded, and its frames decoded one at a time."""

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError, SpectraDLError, UsageError
from spectra_dl.imaging.dicom.windows import shown, window_of
from spectra_dl.imaging.image import Pixels

if TYPE_CHECKING:
    from pydicom import Dataset

_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_MOST_BYTES, _MOST_FRAMES, _MOST_PIXELS = 2 << 30, 10_000, 16_000_000
_GREY, _COLOURED = ("MONOCHROME1", "MONOCHROME2"), ("RGB", "PALETTE COLOR")
_LONGEST = 60
# No other field is read, so that none that names a person or a place can get out.
_READ = (
    *("SOPClassUID", "PatientID", "BurnedInAnnotation", "ConversionType", "Manufacturer", "ManufacturerModelName"),
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue"),
    *("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "VOILUTFunction"),
    *("WindowCenter", "WindowWidth", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    *(f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
)  # fmt: skip


@dataclass(frozen=True)
class DicomFile:
    """A DICOM file whose header was checked; returned by `open_dicom`.

    Attributes
    ----------
    path
        The file.
    width, height
        Pixels of a frame.
    frames
        How many it has.
    stretched
        Whether its first frame is grey and states neither a window nor a table of values of interest.
    text
        Whether names or marks are burnt into the pixels: ``"yes"`` as the file says, ``"maybe"`` for what was captured from a screen or
        film and says nothing, else ``"no"``.
    scanner
        Manufacturer and model, empty where the file doesn't say.
    patient
        The field PatientID, of which nothing is written unless a user asks for it.
    """

    path: Path
    width: int
    height: int
    frames: int
    stretched: bool
    text: Literal["yes", "maybe", "no"]
    scanner: str
    patient: str

    def read(self, frames: Sequence[int]) -> Iterator[Pixels]:
        """Yield ``(height, width, 3)`` uint8 of these frames, numbered from 0.

        Raises
        ------
        DataError
            A frame is damaged.
        """
        with _guarded(self.path):
            header = _header(self.path)
            compressed = _compressed(self.path, header)
        for frame in frames:
            with _guarded(self.path):
                if compressed is not None:
                    _refuse_swollen(self.path, header, compressed, frame)
                try:
                    pixels = _decoded(self.path, header, frame)
                except RuntimeError as err:  # of every decoder that knows the compression
                    raise _not_decoded(self.path, header) from err
            if pixels.shape[:2] != (self.height, self.width):
                raise DataError(
                    f"{self.path.name}: a frame has another size than its header says; export it again"
                )
            yield pixels


def is_whole_slide(path: Path) -> bool:
    """Return whether a DICOM file is part of a whole slide, which OpenSlide reads."""
    with _guarded(path):
        return bool(_header(path, ("SOPClassUID",)).get("SOPClassUID", "") == _WHOLE_SLIDE)


def series_of_slide(path: Path) -> str:
    """Return which series a DICOM file of a whole slide belongs to, whose files are levels and parts of one slide; empty of any other file."""
    with _guarded(path):
        header = _header(path, ("SOPClassUID", "SeriesInstanceUID"))
        whole = header.get("SOPClassUID", "") == _WHOLE_SLIDE
        return str(header.get("SeriesInstanceUID") or "").strip() if whole else ""


def patient_of(path: Path) -> str:
    """Return the field PatientID of a DICOM file, of frames or of a whole slide; empty where it says nothing."""
    with _guarded(path):
        return str(_header(path, ("PatientID",)).get("PatientID") or "").strip()


def open_dicom(path: Path) -> DicomFile:
    """Check the header of a DICOM file, of which no pixel is decoded yet.

    Raises
    ------
    UsageError
        pydicom is not installed.
    DataError
        It is damaged or too large, has no pixels, or pixels of a kind or compression that is not read.
    """
    with _guarded(path):
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path.name}: larger than 2 GiB; export fewer frames into one file")
        header = _header(path)
        if "Rows" not in header or "Columns" not in header:
            raise DataError(f"{path.name}: a DICOM file without an image; leave it out")
        width, height = int(header.Columns), int(header.Rows)
        frames = int(header.get("NumberOfFrames") or 1)
        _refuse_sizes(path, header, (width, height, frames))
        _refuse_kind(path, header)
        return DicomFile(
            path,
            width,
            height,
            frames,
            _is_stretched(header),
            _burnt_in(header),
            _scanner(header),
            str(header.get("PatientID") or "").strip(),
        )


def _header(path: Path, fields: Sequence[str] = _READ) -> "Dataset":
    """Return the fields that are read, without pixels."""
    import pydicom
    from pydicom.filereader import read_file_meta_info

    meta = read_file_meta_info(path)
    syntax = meta.get("TransferSyntaxUID")
    if syntax is None:
        raise DataError(f"{path.name}: it doesn't say how it is stored (no transfer syntax); export it again")
    if syntax == _DEFLATED:  # it would be inflated whole, to whatever size
        raise DataError(f"{path.name}: a deflated DICOM file is not read; export it uncompressed")
    return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(fields))


def _deferred(path: Path) -> "Dataset":
    """Return the pixels' field, whose content is left in the file."""
    import pydicom

    return pydicom.dcmread(path, defer_size=1024, specific_tags=["PixelData"])


def _refuse_sizes(path: Path, header: "Dataset", size: tuple[int, int, int]) -> None:
    width, height, frames = size
    if not (width > 0 and height > 0 and 1 <= frames <= _MOST_FRAMES and width * height <= _MOST_PIXELS):
        raise DataError(
            f"{path.name}: claims {frames} frames of {width} x {height} pixels; up to {_MOST_FRAMES:,} of 16 million pixels are read: export it smaller"
        )
    if not header.file_meta.TransferSyntaxUID.is_encapsulated:
        bits = width * height * frames * int(header.SamplesPerPixel) * int(header.BitsAllocated)
        if header.get("PhotometricInterpretation") == "YBR_FULL_422":
            bits = bits * 2 // 3
        if bits // 8 > path.stat().st_size:
            raise DataError(
                f"{path.name}: claims {frames} frames of {width} x {height} pixels, more than the file holds; take a fresh copy"
            )


def _refuse_kind(path: Path, header: "Dataset") -> None:
    from pydicom.pixels.decoders.base import get_decoder

    syntax = header.file_meta.TransferSyntaxUID
    try:
        readable = get_decoder(syntax).is_available
    except NotImplementedError:
        readable = False
    if not readable:
        raise _not_decoded(path, header)
    kind, bits = str(header.get("PhotometricInterpretation")), int(header.BitsAllocated)
    coloured = kind in _COLOURED or kind.startswith("YBR")
    if not (coloured or kind in _GREY) or (coloured and bits > 8 and kind != "PALETTE COLOR"):
        raise DataError(
            f"{path.name}: pixels of kind {kind[:_LONGEST]!r} with {bits} bits are not read; export it as MONOCHROME2, or RGB with 8 bits"
        )
    if bits not in (1, 8, 16, 32) or "PixelData" not in _deferred(path):
        raise DataError(f"{path.name}: a DICOM file without pixel data; leave it out, or export it again")


def _not_decoded(path: Path, header: "Dataset") -> DataError:
    name = header.file_meta.TransferSyntaxUID.name[:_LONGEST]
    return DataError(
        f"{path.name}: stored as {name!r}, which nothing installed decodes; export it uncompressed, or install pylibjpeg with its plugins"
    )


def _compressed(path: Path, header: "Dataset") -> bytes | None:
    """Return the compressed frames of a file; None where it isn't compressed."""
    if not header.file_meta.TransferSyntaxUID.is_encapsulated:
        return None
    import pydicom

    return bytes(pydicom.dcmread(path, specific_tags=["PixelData"]).PixelData)


def _refuse_swollen(path: Path, header: "Dataset", compressed: bytes, frame: int) -> None:
    """Refuse a frame that states another size than the header, before it is decoded."""
    from PIL import Image
    from pydicom.encaps import get_frame

    content = get_frame(compressed, frame, number_of_frames=int(header.get("NumberOfFrames") or 1))
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "JPEG2000")) as image:
            size = image.size
    except OSError:
        return  # run lengths, whose decoder fills what the header says
    if size != (int(header.Columns), int(header.Rows)):
        raise DataError(
            f"{path.name}: a frame states {size[0]} x {size[1]} pixels where the header says {header.Columns} x {header.Rows}; it was not decoded"
        )


def _decoded(path: Path, header: "Dataset", frame: int) -> Pixels:
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    stored = pixel_array(path, index=frame)
    kind = header.PhotometricInterpretation
    if kind in _GREY:
        return np.repeat(shown(stored, header, frame)[..., np.newaxis], 3, axis=2)
    if kind == "PALETTE COLOR":
        stored = _eight_bits(apply_color_lut(stored, header), header)
    return np.ascontiguousarray(stored[..., :3], dtype=np.uint8)


def _eight_bits(
    colours: NDArray[np.uint8] | NDArray[np.uint16], header: "Dataset"
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return colours of a palette with 8 bits: the upper ones of 16, but where the palette says 16 and all of it has 8."""
    if colours.dtype != np.uint16:
        return colours
    tables = [header.get(f"{colour}PaletteColorLookupTableData") for colour in ("Red", "Green", "Blue")]
    if all(tables) and not any(np.frombuffer(table, dtype="<u2").max() > 255 for table in tables):
        return colours
    return np.asarray(colours >> 8)


def _is_stretched(header: "Dataset") -> bool:
    stated = bool(header.get("VOILUTSequence")) or window_of(header, 0) is not None
    return header.get("PhotometricInterpretation") in _GREY and not stated


def _burnt_in(header: "Dataset") -> Literal["yes", "maybe", "no"]:
    said = str(header.get("BurnedInAnnotation") or "").strip().upper()
    if said:
        return "yes" if said == "YES" else "no"
    captured = str(header.get("SOPClassUID") or "").startswith(_SECONDARY_CAPTURE + ".")
    captured |= header.get("SOPClassUID") == _SECONDARY_CAPTURE or bool(header.get("ConversionType"))
    return "maybe" if captured else "no"


def _scanner(header: "Dataset") -> str:
    parts = (str(header.get(name) or "").strip() for name in ("Manufacturer", "ManufacturerModelName"))
    return " ".join(part for part in parts if part)[:_LONGEST]


@contextlib.contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Turn whatever decoders of strangers' bytes raise into a sentence that repeats nothing of the file."""
    try:
        import pydicom  # noqa: F401 - whether it is there
    except ImportError as err:
        raise UsageError(
            f"{path.name}: a DICOM file; install what reads it: pip install 'spectra-dl[dicom]'"
        ) from err
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except SpectraDLError:
            raise
        except Exception as err:
            raise DataError(
                f"{path.name}: truncated or damaged DICOM ({type(err).__name__}); take a fresh copy"
            ) from err
