"""Which pages of a TIFF are the image, and how their samples become colours; nothing is decoded."""

import contextlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.imaging.image_file import refuse_bomb
from spectra_dl.imaging.ome import OmePixels, colour_order, read_ome
from spectra_dl.imaging.pixel_fields import StatedSize, magnification_in, sizes_in_tiff, unlikely_sizes
from spectra_dl.imaging.tiff_colours import (
    MINISBLACK,
    MINISWHITE,
    PALETTE,
    RGB,
    YCBCR,
    Colours,
    colours_of,
    palette_colours,
)

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_MOST_PAGES, _MOST_SEGMENTS, _LARGEST_TILE = 4096, 5_000_000, 50_000_000
_RESOLUTION_TAGS, _ORIENTATION = (282, 283, 296), 274
_IMAGEJ_PLANES = re.compile(r"^images=(\d{1,9})\s*$", re.MULTILINE)
_BOUND, _SEPARATE, _MASK = 8, 2, 4


@dataclass(frozen=True)
class TiffPlan:
    """What is read of a TIFF.

    Attributes
    ----------
    pages
        The directory that holds the image, or those of red, green and blue.
    width, height
        Pixels at full resolution.
    colours
        How samples become colours.
    channels
        Which samples of the one page are red, green and blue, where they don't stand in this order.
    sizes
        What the fields state of a pixel's size.
    notes
        A sentence for each assumption and change.
    compression
        Its number and name.
    usual
        Whether a page has three samples that are said to be colours, and no orientation: what every reader shows in one way.
    magnification
        As a scanner labels the slide; None where it doesn't.
    """

    pages: tuple[int, ...]
    width: int
    height: int
    colours: Colours
    channels: tuple[int, int, int] | None
    sizes: tuple[StatedSize, ...]
    notes: tuple[str, ...]
    compression: tuple[int, str]
    usual: bool = True
    magnification: float | None = None


class NotDecodedError(Exception):
    """A strip or tile that tifffile doesn't decode; Pillow may."""


@contextlib.contextmanager
def opened_tiff(path: Path) -> Iterator["TiffFile"]:
    """Open a TIFF without reading what other files hold.

    Raises
    ------
    DataError
        Its fields can't be read.
    """
    from tifffile import TiffFile

    log = logging.getLogger("tifffile")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)  # what it says of a file is said by the refusal
    try:
        with TiffFile(path, _multifile=False) as tiff:
            yield tiff
    except (SpectraDLError, NotDecodedError):
        raise
    except Exception as err:  # a parser of files from strangers may raise anything
        reason = " ".join(str(err).split())[:120]
        raise DataError(f"{path.name}: truncated or damaged TIFF ({reason}); take a fresh copy") from err
    finally:
        log.setLevel(level)


def plan_of(path: Path) -> TiffPlan:
    """Return which pages of a TIFF are the image.

    Raises
    ------
    DataError
        It is damaged, or no image of stained tissue in red, green and blue; the sentence names what it holds.
    """
    with opened_tiff(path) as tiff:
        pages = _pages(tiff)
        largest = max(pages, key=lambda page: page.imagewidth * page.imagelength, default=None)
        if largest is None or not largest.imagewidth * largest.imagelength:
            raise DataError(f"{path.name}: truncated or damaged TIFF (it has no image); take a fresh copy")
        refuse_bomb(path, largest.imagewidth, largest.imagelength)
        _check_segments(largest, tiff.filehandle.size, path.name)
        description = str(pages[0].description or "")
        _refuse_hidden_planes(description, len(pages), path.name)
        notes: list[str] = []
        ome = _ome(description, path.name, notes)
        plan = _by_ome(pages, ome, path.name) if ome and ome.width else _by_size(pages, path.name)
        for index in plan.pages:
            _check_segments(pages[index], tiff.filehandle.size, path.name)
        page = pages[plan.pages[0]]
        tags = {tag: page.tags[tag].value for tag in _RESOLUTION_TAGS if tag in page.tags}
        text = description if plan.pages[0] == 0 else str(page.description or "") or description
        sizes = tuple(sizes_in_tiff(tags, text, ome))
        notes += [f"{path.name}: its {words}" for words in unlikely_sizes(text, ome)]
        notes += _notes(page, plan.colours, path.name)
        return replace(plan, sizes=sizes, notes=(*notes, *plan.notes), magnification=magnification_in(text))


def segment_of(page: "TiffPage") -> tuple[int, int]:
    """Return height and width of a page's tiles, or of its strips."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip or page.imagelength, page.imagelength), page.imagewidth


def grid_of(page: "TiffPage") -> tuple[int, int]:
    """Return how many tiles or strips lie below and beside each other."""
    high, wide = segment_of(page)
    return -(-page.imagelength // high), -(-page.imagewidth // wide)


def planes_of(page: "TiffPage") -> int:
    """Return how many planes a page's samples are stored in."""
    return page.samplesperpixel if int(page.planarconfig) == _SEPARATE else 1


def _pages(tiff: "TiffFile") -> list["TiffPage"]:
    """Return the pages, up to the first that stands twice."""
    pages: list[TiffPage] = []
    seen: set[int] = set()
    tiff.pages.useframes = False
    while len(pages) < _MOST_PAGES:
        try:
            page = tiff.pages[len(pages)]
        except IndexError:
            break
        if page.offset in seen:
            break
        seen.add(page.offset)
        pages.append(page)  # type: ignore[arg-type]  # no frames, as set above
    if not all(isinstance(side, int) for page in pages for side in (page.imagewidth, page.imagelength)):
        raise ValueError("a page states several widths or heights")
    return pages


def _refuse_hidden_planes(description: str, pages: int, where: str) -> None:
    """Refuse a stack of ImageJ of which the file describes the first plane alone, as it does above 4 GB."""
    planes = _IMAGEJ_PLANES.search(description[:4096]) if description.startswith("ImageJ=") else None
    if planes and int(planes[1]) > pages:
        raise DataError(
            f"{where}: a stack of {int(planes[1])} images by ImageJ's description, of which none is chosen; export one plane as RGB TIFF"
        )


def _ome(description: str, where: str, notes: list[str]) -> OmePixels | None:
    """Return what OME-XML says of the largest image."""
    if "<OME" not in description[:4096]:
        return None
    try:
        images = read_ome(description)
    except ValueError as err:
        notes.append(f"{where}: its OME-XML can't be read ({str(err)[:80]}) and is not used")
        return None
    ome = _largest(images, where, notes)
    if fault := ome.size_fault():
        notes.append(f"{where}: its {fault}")
    return ome


def _largest(images: list[OmePixels], where: str, notes: list[str]) -> OmePixels:
    """Return the largest of several images that OME-XML places in this file, and note which."""
    here = [image for image in images if any(index is not None for index in image.directory)] or images
    area = [image.width * image.height for image in here]
    ome = here[area.index(max(area))]
    named = ", ".join(repr(image.name[:40]) for image in here)
    if ome.width and area.count(max(area)) > 1:
        raise DataError(
            f"{where}: {area.count(max(area))} of its {len(here)} images in OME-XML ({named:.200}) have {ome.width} x {ome.height} pixels, of which "
            "none is chosen; export the one of the section as RGB TIFF"
        )
    if ome.width and len(here) > 1:
        notes.append(
            f"{where}: of {len(here)} images in OME-XML ({named:.200}) the largest is read, {ome.name!r:.60} of {ome.width} x {ome.height} pixels"
        )
    return ome


def _by_ome(pages: list["TiffPage"], ome: OmePixels, where: str) -> TiffPlan:
    if ome.depth * ome.times > 1:
        raise DataError(
            f"{where}: a stack of {ome.depth} z-planes and {ome.times} time points, of which none is chosen; export one plane as RGB TIFF"
        )
    known = [index for index in ome.directory if index is not None]
    if known and known[0] < len(pages) and pages[known[0]].samplesperpixel == len(ome.channels):
        known = known[:1]  # the channels are samples of one page
    elif len(known) < len(ome.directory) or any(index >= len(pages) for index in known):
        raise DataError(
            f"{where}: OME-XML names planes that are not in this file; export the image as one OME-TIFF"
        )
    page = pages[known[0]]
    if (page.imagewidth, page.imagelength) != (ome.width, ome.height):
        raise DataError(
            f"{where}: OME-XML says {ome.width} x {ome.height} pixels, its plane has {page.imagewidth} x {page.imagelength}; export it again"
        )
    if len(known) == 1:
        return _one_page(pages, known[0], ome, where)
    if page.samplesperpixel > 1:
        raise DataError(
            f"{where}: {len(known)} channels of {page.samplesperpixel} samples each, of which none is chosen; export one as RGB TIFF"
        )
    sample_type = _type_of(page)
    order = colour_order(ome, sample_type)
    if isinstance(order, str):
        raise _no_colours(where, order)
    planes = tuple(known[channel] for channel in order[0])
    _refuse_unlike([pages[index] for index in planes], where)
    colours = _eight_or_sixteen(sample_type, ome, where)
    said = "taken for" if order[1] else "joined as"
    notes = (f"{where}: its three planes are {said} red, green and blue",)
    return _plan(pages, planes, colours, notes)


def _by_size(pages: list["TiffPage"], where: str) -> TiffPlan:
    areas = [0 if int(page.subfiletype) & _MASK else page.imagewidth * page.imagelength for page in pages]
    largest = [k for k, area in enumerate(areas) if area == max(areas)]
    # What is grey beside the only page in colours, a mask for one, is no plane of a stack.
    coloured = [k for k in largest if not _is_grey(pages[k])]
    best = coloured[0] if len(coloured) == 1 else largest[0]
    page = pages[best]
    if len(largest) > 1 and len(coloured) != 1:
        kind = "RGB" if page.samplesperpixel > 1 else "grey"
        raise DataError(
            f"{where}: {len(largest)} {kind} pages of {page.imagewidth} x {page.imagelength} pixels, a stack or channels of which none is chosen; "
            "export one plane as RGB TIFF"
        )
    plan = _one_page(pages, best, None, where)
    if best == 0 and len(largest) == 1:
        return plan
    which = "the only one of its size in colours" if len(largest) > 1 else "the largest"
    note = f"{where}: page {best + 1} of {len(pages)} is used, {which} ({plan.width} x {plan.height} pixels)"
    return replace(plan, notes=(*plan.notes, note))


def _is_grey(page: "TiffPage") -> bool:
    return page.samplesperpixel == 1 and int(page.photometric) in (MINISWHITE, MINISBLACK)


def _one_page(pages: list["TiffPage"], index: int, ome: OmePixels | None, where: str) -> TiffPlan:
    page = pages[index]
    if page.imagedepth > 1:
        raise DataError(f"{where}: a volume of {page.imagedepth} planes; export one plane as RGB TIFF")
    if page.photometric == PALETTE and page.colormap is not None and _type_of(page) == "uint8":
        table = palette_colours(page.colormap)
        if table is not None:
            return _plan(pages, (index,), table, ())
    sample_type = _type_of(page)
    extra = tuple(int(kind) for kind in page.extrasamples)
    colours = colours_of(
        int(page.photometric), page.samplesperpixel, sample_type, extra, int(page.compression)
    )
    if isinstance(colours, str):
        raise _no_colours(where, colours)
    channels, notes = None, []
    if ome is not None and len(ome.channels) == page.samplesperpixel and len(ome.channels) > 1:
        order = colour_order(ome, sample_type)
        if isinstance(order, str):
            raise _no_colours(where, order)
        channels = order[0] if order[0] != (0, 1, 2) else None
    elif int(page.photometric) == 1:
        if sample_type != "uint8":
            raise _no_colours(
                where, f"its {page.samplesperpixel} samples are not said to be red, green and blue"
            )
        notes.append(f"{where}: its three samples are taken for red, green and blue")
    if colours.bits > _BOUND:
        colours = replace(colours, bits=_eight_or_sixteen(sample_type, ome, where).bits)
    return _plan(pages, (index,), colours, tuple(notes), channels)


def _plan(
    pages: list["TiffPage"],
    planes: tuple[int, ...],
    colours: Colours,
    notes: tuple[str, ...],
    channels: tuple[int, int, int] | None = None,
) -> TiffPlan:
    page = pages[planes[0]]
    compression = int(page.compression), str(getattr(page.compression, "name", "unknown"))
    return TiffPlan(
        planes,
        page.imagewidth,
        page.imagelength,
        colours,
        channels,
        (),
        notes,
        compression,
        _is_usual(page),
    )


def _is_usual(page: "TiffPage") -> bool:
    turned = page.tags[_ORIENTATION].value if _ORIENTATION in page.tags else 1
    return page.samplesperpixel == len("RGB") and int(page.photometric) in (RGB, YCBCR) and turned == 1


def _eight_or_sixteen(sample_type: str, ome: OmePixels | None, where: str) -> Colours:
    if sample_type not in ("uint8", "uint16"):
        raise _no_colours(where, f"its samples are {sample_type}, not 8-bit colours")
    if sample_type == "uint8":
        return Colours("rgb")
    bits = ome.bits if ome is not None and ome.bits and _BOUND < ome.bits <= 2 * _BOUND else 2 * _BOUND
    return Colours("rgb", bits=bits)


def _no_colours(where: str, what: str) -> DataError:
    return DataError(
        f"{where}: {what}; an image of stained tissue in red, green and blue is needed: export it as 8-bit RGB TIFF"
    )


def _refuse_unlike(planes: list["TiffPage"], where: str) -> None:
    kinds = {(page.imagewidth, page.imagelength, page.samplesperpixel, _type_of(page)) for page in planes}
    if len(kinds) > 1:
        raise DataError(
            f"{where}: its planes of red, green and blue differ in size or kind; export it as RGB TIFF"
        )


def _check_segments(page: "TiffPage", in_file: int, where: str) -> None:
    offsets, lengths = page.dataoffsets, page.databytecounts
    high, wide = segment_of(page)
    if high * wide * page.samplesperpixel > _LARGEST_TILE + 4 * page.imagewidth * page.imagelength:
        raise DataError(
            f"{where}: truncated or damaged TIFF (tiles of {wide} x {high} pixels for {page.imagewidth} x {page.imagelength}); take a fresh copy"
        )
    rows, columns = grid_of(page)
    needed = planes_of(page) * rows * columns
    if needed > _MOST_SEGMENTS or len(offsets) < needed or len(lengths) < needed:
        raise DataError(
            f"{where}: truncated or damaged TIFF ({len(offsets)} of {needed} strips or tiles are listed); take a fresh copy"
        )
    for number, (offset, length) in enumerate(zip(offsets, lengths, strict=True), start=1):
        if offset + length > in_file:
            raise DataError(
                f"{where}: truncated or damaged TIFF (strip or tile {number} of {needed} lies beyond its end); take a fresh copy"
            )


def _notes(page: "TiffPage", colours: Colours, where: str) -> list[str]:
    notes = []
    if colours.model == "cmyk":
        notes.append(f"{where}: its colours are CMYK; they are brought to RGB without a colour profile")
    if colours.model == "palette":
        notes.append(f"{where}: its colours come from a palette")
    if colours.bits > _BOUND:
        notes.append(f"{where}: colours of {colours.bits} bits are brought to 8")
    turned = page.tags[_ORIENTATION].value if _ORIENTATION in page.tags else 1
    if turned != 1:
        notes.append(
            f"{where}: its field orientation ({turned!s:.10}) is not applied; pixels are taken as stored"
        )
    return notes


def _type_of(page: "TiffPage") -> str:
    return str(page.dtype) if page.dtype is not None and page.bitspersample in (8, 16) else _rare(page)


def _rare(page: "TiffPage") -> str:
    return f"{page.bitspersample}-bit {page.dtype}" if page.dtype is not None else "of an unknown type"
