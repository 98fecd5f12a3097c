"""OME-XML in a TIFF's description: sizes, planes, channels and the size of a pixel.

References
----------
Goldberg et al. 2005, doi 10.1186/gb-2005-6-5-r47 (the Open Microscopy Environment's data model).
"""

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST_TEXT, _MOST_PLANES = 16 << 20, 100_000
_POWERS = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "": 0, "d": -1, "c": -2,
    "m": -3, "μ": -6, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
_UM = {f"{prefix}m": 10.0 ** (power + 6) for prefix, power in _POWERS.items()} | {
    "Å": 1e-4, "thou": 25.4, "li": 25.4e3 / 12, "in": 25.4e3, "inch": 25.4e3, "ft": 304.8e3, "yd": 914.4e3,
    "pt": 25.4e3 / 72, "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "micrometre": 1.0,
    "nanometer": 1e-3, "millimeter": 1e3, "centimeter": 1e4, "meter": 1e6,
}  # fmt: skip
_COLOURS = ("red", "green", "blue")
_SIGNED_COLOURS = {0xFF0000FF: 0, 0x00FF00FF: 1, 0x0000FFFF: 2}
_NEUTRAL = frozenset((
    "brightfield", "bright", "field", "bf", "transmitted", "transmission", "light", "tl", "tld", "camera", "cam", "channel", "ch", "chan", "rgb",
    "image", "colour", "color", "nm",
))  # fmt: skip
_UNNAMED = re.compile(r"(?:channel|ch|c|image)?[\s:_#-]{0,9}[\d:]{0,9}", re.IGNORECASE)


@dataclass(frozen=True)
class OmeChannel:
    """A channel: its name, maybe empty; samples in each pixel of its plane; 0, 1 or 2 for red, green or blue by its display colour."""

    name: str
    samples: int
    colour: int | None


@dataclass(frozen=True)
class OmePixels:
    """What OME-XML says of one image.

    Attributes
    ----------
    width, height, depth, times
        SizeX, SizeY, SizeZ and SizeT; width and height 0 where the planes are not described.
    channels
        In their order.
    directory
        The TIFF directory of each channel's first plane; None where it lies in another file.
    bits
        Significant bits; None where not stated.
    size
        Physical sizes of a pixel as written, x and y; NaN where not stated.
    unit
        Their units.
    written
        The two sizes as text; None where not stated.
    name
        Of the image, or its id.
    """

    width: int
    height: int
    depth: int
    times: int
    channels: tuple[OmeChannel, ...]
    directory: tuple[int | None, ...]
    bits: int | None
    size: tuple[float, float]
    unit: tuple[str, str]
    written: tuple[str | None, str | None] = (None, None)
    name: str = ""

    def size_fault(self) -> str | None:
        """Return in words why a stated size can't be used; None where nothing is wrong with them."""
        for axis, text, value, unit in zip("XY", self.written, self.size, self.unit, strict=True):
            if text is not None and not (math.isfinite(value) and value > 0):
                return f"PhysicalSize{axis} {text!r:.30} is no size above 0"
            if text is not None and in_um(value, unit) is None:
                return f"PhysicalSize{axis} has the unit {unit!r:.30}, which is no length in µm"
        return None

    def size_um(self) -> tuple[float, float] | None:
        """Return µm per pixel across and down; None where a size is not stated, or in no unit of length."""
        across, down = (in_um(size, unit) for size, unit in zip(self.size, self.unit, strict=True))
        if across is None and down is None:
            return None
        return across or down or math.nan, down or across or math.nan


def in_um(value: float, unit: str) -> float | None:
    """Return a length in µm; None where it is no number above 0, or the unit is no length ("pixel", "reference frame").

    Parameters
    ----------
    value
        The length.
    unit
        As OME or ImageJ writes it.

    Examples
    --------
    >>> in_um(2000.0, "nm"), in_um(1.0, "pixel")
    (2.0, None)
    """
    # One code point for the micro sign and the Greek letter, one for both signs of the angstrom.
    factor = _UM.get(unicodedata.normalize("NFKC", unit.strip()))
    return value * factor if factor is not None and math.isfinite(value) and value > 0 else None


def read_ome(text: str) -> list[OmePixels]:
    """Return each image of OME-XML.

    Raises
    ------
    ValueError
        It is no XML, defines entities, or lacks what OME needs.
    """
    from xml.etree.ElementTree import ParseError, fromstring

    # Entities are the way of XML to grow and to reach into other files; OME needs none.
    if len(text) > _MOST_TEXT or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it defines entities or is too long")
    try:
        root = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except ParseError as err:
        raise ValueError(str(err)) from err
    name_of = {
        id(pixels): image.get("Name") or image.get("ID") or ""
        for image in root.iter() if _tag(image) == "Image" for pixels in image
    }  # fmt: skip
    found = [
        replace(_pixels(element, root.get("UUID", "")), name=name_of.get(id(element), ""))
        for element in root.iter()
        if _tag(element) == "Pixels"
    ]
    if not found:
        raise ValueError("it has no Pixels")
    return found


def colour_order(pixels: OmePixels, sample_type: str) -> tuple[tuple[int, int, int], bool] | str:
    """Return which channels are red, green and blue and whether that is assumed, or why the image has no such three.

    Parameters
    ----------
    pixels
        Of one sample in each channel.
    sample_type
        The samples' dtype by name.
    """
    names = [channel.name for channel in pixels.channels]
    if len(names) != len(_COLOURS):
        listed = ", ".join(name or "?" for name in names)
        return f"its {len(names)} channels ({listed:.80}) are no red, green and blue"
    by_name = _permutation([_colour_of(name) for name in names])
    by_display = _permutation([channel.colour for channel in pixels.channels])
    if by_name is not None:
        return by_name, False
    unnamed = all(_UNNAMED.fullmatch(name.strip()) for name in names)
    if not unnamed or sample_type != "uint8":
        listed = ", ".join(name or "?" for name in names)
        return f"its channels ({listed:.80}, {sample_type}) are not named red, green and blue"
    return (by_display, False) if by_display is not None else ((0, 1, 2), True)


def _permutation(colours: list[int | None]) -> tuple[int, int, int] | None:
    if sorted(colour for colour in colours if colour is not None) != [0, 1, 2]:
        return None
    return colours.index(0), colours.index(1), colours.index(2)


def _colour_of(name: str) -> int | None:
    """Return 0, 1 or 2 of a name of one colour and nothing but neutral words: "Far Red" and "GFP Green" name other channels."""
    words = [word for word in re.split(r"[^a-z]+", name.lower()) if word and word not in _NEUTRAL]
    matches = [k for k, colour in enumerate(_COLOURS) if words in ([colour], [colour[0]])]
    return matches[0] if matches else None


def _pixels(element: "Element", uuid: str) -> OmePixels:
    written = element.get("PhysicalSizeX"), element.get("PhysicalSizeY")
    size = _number(written[0]), _number(written[1])
    unit = element.get("PhysicalSizeXUnit", "µm"), element.get("PhysicalSizeYUnit", "µm")
    if element.get("SizeX") is None:
        return OmePixels(0, 0, 1, 1, (), (), None, size, unit, written)
    channels = tuple(_channel(child) for child in element if _tag(child) == "Channel")
    size_c = _whole(element.get("SizeC"), "SizeC")
    if not 1 <= size_c <= _MOST_PLANES:
        raise ValueError(f"SizeC is {size_c}")
    channels = channels or (OmeChannel("", 1, None),) * size_c
    if sum(channel.samples for channel in channels) != size_c:
        raise ValueError(f"SizeC {size_c} and its channels don't fit")
    bits = element.get("SignificantBits")
    return OmePixels(
        width=_whole(element.get("SizeX"), "SizeX"),
        height=_whole(element.get("SizeY"), "SizeY"),
        depth=_whole(element.get("SizeZ"), "SizeZ"),
        times=_whole(element.get("SizeT"), "SizeT"),
        channels=channels,
        directory=_directories(element, len(channels), uuid),
        bits=_whole(bits, "SignificantBits") if bits else None,
        size=size,
        unit=unit,
        written=written,
    )


def _channel(element: "Element") -> OmeChannel:
    colour = element.get("Color", "")
    signed = int(colour) & 0xFFFFFFFF if re.fullmatch(r"-?\d{1,11}", colour) else -1
    return OmeChannel(
        element.get("Name", ""),
        _whole(element.get("SamplesPerPixel", "1"), "SamplesPerPixel"),
        _SIGNED_COLOURS.get(signed),
    )


def _directories(element: "Element", channels: int, uuid: str) -> tuple[int | None, ...]:
    """Return the TIFF directory of each channel, the only plane of it or the first."""
    blocks = [child for child in element if _tag(child) == "TiffData"]
    if not blocks:
        return tuple(range(channels))
    directory: list[int | None] = [None] * channels
    for block in blocks[:_MOST_PLANES]:
        inside = [child for child in block if _tag(child) == "UUID"]
        if inside and (inside[0].text or "").strip() != uuid:
            continue
        if any(_whole(block.get(name, "0"), name) for name in ("FirstZ", "FirstT")):
            continue
        first, start = (_whole(block.get(name, "0"), name) for name in ("FirstC", "IFD"))
        default = "1" if block.get("IFD") is not None else str(channels)
        count = _whole(block.get("PlaneCount", default), "PlaneCount")
        for step in range(min(count, channels - first)):
            directory[first + step] = start + step
    return tuple(directory)


def _tag(element: "Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _whole(text: str | None, name: str) -> int:
    if text is None or not re.fullmatch(r"\d{1,9}", text.strip()):
        raise ValueError(f"{name} is {text!r:.20}")
    return int(text)


def _number(text: str | None) -> float:
    try:
        return float(text) if text is not None else math.nan
    except ValueError:
        return math.nan
