"""Write a figure whole or not at all, the same bytes for the same figure."""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectra_dl.errors import UsageError
from spectra_dl.storage.atomic import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DATED = {"svg": "Date", "pdf": "CreationDate", "png": None}
_DOTS_PER_INCH, _SMALL = 150, 100
# Tissue compresses badly: zlib's usual 6 takes three times as long as 3 and saves an eighth of the bytes.
_COMPRESSION, _QUICK_COMPRESSION = 3, 1


def check_figure_name(path: str | os.PathLike[str]) -> str:
    """Return the format a figure's name asks for.

    Raises
    ------
    UsageError
        The name doesn't end in .svg, .png or .pdf.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in _DATED:
        raise UsageError(f"{path}: a figure's name ends in {', '.join('.' + known for known in _DATED)}")
    return kind


def write_figure(path: str | os.PathLike[str], figure: "Figure", *, small: bool = False) -> None:
    """Write ``figure`` in the format its name asks for.

    Parameters
    ----------
    path
        The file, ending in .svg, .png or .pdf.
    figure
        A matplotlib figure; raster formats get 150 dots per inch.
    small
        One of many: raster formats get 100 dots per inch, and a PNG is compressed less.

    Raises
    ------
    UsageError
        The name doesn't end in .svg, .png or .pdf.
    EnvironmentFault
        The file can't be written.
    """
    from matplotlib import rc_context

    kind = check_figure_name(path)
    dated = _DATED[kind]
    level = _QUICK_COMPRESSION if small else _COMPRESSION
    compressed: dict[str, Any] = {"pil_kwargs": {"compress_level": level}} if kind == "png" else {}
    with whole_file(path) as stream, rc_context({"svg.hashsalt": "spectra-dl"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(
            stream,
            format=kind,
            dpi=_SMALL if small else _DOTS_PER_INCH,
            metadata={dated: None} if dated else None,
            **compressed,
        )
