"""Maps of one gene over the tissue: measured, and predicted where a model was asked, on one scale of colours."""

import base64
import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl_cli.web.refusal import Refusal
from spectra_dl_cli.web.tissue.reading import ENDS, PLACES_FILE, SPOTS, VALUES

SUGGESTED = 30


@dataclass(frozen=True)
class Scores:
    """What is known of how well a gene is predicted.

    Attributes
    ----------
    measured
        Correlation with this section's counts; None without.
    expected
        On tissue of another patient, from left-out patients; None where unknown.
    ceiling
        The best that any model could reach; None where unknown.
    usable
        The model's own verdict.
    """

    measured: float | None
    expected: float | None
    ceiling: float | None
    usable: bool


@dataclass(frozen=True)
class Panel:
    """One map.

    Attributes
    ----------
    title
        ``"predicted"`` or ``"measured"``.
    spots
        The spots as an image, in base 64.
    low, high
        Least and greatest value.
    unknown
        Spots without a value.
    """

    title: str
    spots: str
    low: float
    high: float
    unknown: int


@dataclass(frozen=True)
class GeneMaps:
    """What is drawn of a gene.

    Attributes
    ----------
    gene
        Its name.
    panels
        The maps, predicted first.
    limits
        The values between which colours run in all of them.
    scores
        None where nothing was predicted.
    size
        Of the image, in its pixels.
    bar, bar_um
        A length in those pixels, and what it is in µm.
    """

    gene: str
    panels: Sequence[Panel]
    limits: tuple[float, float]
    scores: Scores | None
    size: tuple[int, int]
    bar: float
    bar_um: float


class Measured:
    """What was measured of each gene, read from files when it is asked for.

    Parameters
    ----------
    notes
        The folder that `spectra_dl_cli.web.tissue.reading` wrote to.
    """

    def __init__(self, notes: Path) -> None:
        with np.load(notes / PLACES_FILE) as arrays:
            self.names: list[str] = arrays["names"].tolist()
            self.best: list[int] = arrays["best"].tolist()
            self._counted = arrays["counted"]
        self._notes = notes

    def columns(self, at: int) -> dict[str, FloatArray]:
        """Return a number for each spot, NaN where unknown."""
        values, spots, ends = (np.load(self._notes / name, mmap_mode="r") for name in (VALUES, SPOTS, ENDS))
        of_gene = slice(int(ends[at]), int(ends[at + 1]))
        column = np.where(self._counted, 0.0, np.nan)
        column[spots[of_gene]] = values[of_gene]
        return {"measured": column}

    def scores(self, at: int) -> Scores | None:
        """Return nothing: nothing was predicted."""
        return None


class Predicted:
    """What a model made of a section, read from the command's own file when it is asked for.

    Parameters
    ----------
    file
        ``predictions.h5ad``.
    genes
        What the report says of each.
    """

    def __init__(self, file: Path, genes: Sequence[dict[str, object]]) -> None:
        self._file, self._genes = file, genes
        self.names = [str(gene["name"]) for gene in genes]
        expected = [_number(gene["expected_pearson"]) for gene in genes]
        self.best = sorted(range(len(genes)), key=lambda at: (expected[at] is None, -(expected[at] or 0.0)))

    def columns(self, at: int) -> dict[str, FloatArray]:
        """Return numbers for each spot, NaN where unknown."""
        import h5py

        with h5py.File(self._file) as file:
            layers = {"predicted": file["X"], "measured": file["layers"].get("measured")}
            found = {
                name: np.asarray(data[:, at], dtype=np.float64)
                for name, data in layers.items()
                if data is not None
            }
        return {name: values for name, values in found.items() if np.isfinite(values).any()}

    def scores(self, at: int) -> Scores | None:
        """Return what is known of a gene's prediction."""
        gene = self._genes[at]
        return Scores(
            _number(gene["measured_pearson"]),
            _number(gene["expected_pearson"]),
            _number(gene["noise_ceiling"]),
            not gene["do_not_use"],
        )


class Canvas:
    """The tissue that maps are drawn on.

    Parameters
    ----------
    notes
        The folder that `spectra_dl_cli.web.tissue.reading` wrote to.
    """

    def __init__(self, notes: Path) -> None:
        with np.load(notes / PLACES_FILE) as arrays:
            self._place, self._colours = arrays["place"], arrays["colours"]
            self._radius, self._um_per_pixel = float(arrays["diameter"]) / 2, float(arrays["um_per_pixel"])
            width, height = arrays["size"].tolist()
        self.size: tuple[int, int] = (width, height)

    @cached_property
    def _bar_um(self) -> float:
        from spectra_dl.evaluation.report.page.value_maps import bar_length

        return bar_length(self.size[0] * self._um_per_pixel)

    def maps(self, source: Measured | Predicted, gene: str) -> GeneMaps:
        """Return maps of a gene.

        Parameters
        ----------
        source
            What is drawn.
        gene
            Its name, however it is written.

        Raises
        ------
        Refusal
            There is no such gene.
        """
        from spectra_dl.evaluation.report.page.value_maps import colour_limits

        at = found(source.names, gene)
        columns = source.columns(at)
        limits = colour_limits(*columns.values())
        panels = [
            Panel(
                title,
                self._drawn(values, limits),
                float(np.nanmin(values)) if np.isfinite(values).any() else 0.0,
                float(np.nanmax(values)) if np.isfinite(values).any() else 0.0,
                int(np.isnan(values).sum()),
            )
            for title, values in columns.items()
        ]
        bar = self._bar_um / self._um_per_pixel
        return GeneMaps(source.names[at], panels, limits, source.scores(at), self.size, bar, self._bar_um)

    def _drawn(self, values: FloatArray, limits: tuple[float, float]) -> str:
        """Return the spots that have a value as a transparent image: discs, painted one pixel of all at a time, however many they are."""
        from PIL import Image

        width, height = self.size
        known = np.flatnonzero(np.isfinite(values) & np.isfinite(self._place).all(axis=1))
        share = np.clip((values[known] - limits[0]) / (limits[1] - limits[0]), 0, 1)
        colours = self._colours[np.rint(share * 255).astype(np.intp)]
        pixels = np.zeros((height, width, 4), dtype=np.uint8)
        reach = int(min(self._radius, max(self.size)))
        for right, down in np.ndindex(2 * reach + 1, 2 * reach + 1):
            if (right - reach) ** 2 + (down - reach) ** 2 > self._radius**2:
                continue
            x, y = np.rint(self._place[known] + (right - reach, down - reach)).astype(np.intp).T
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            pixels[y[inside], x[inside], :3], pixels[y[inside], x[inside], 3] = colours[inside], 255
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
        return base64.b64encode(stream.getvalue()).decode()


def found(names: Sequence[str], gene: str) -> int:
    """Return the number of a gene.

    Parameters
    ----------
    names
        What the genes go by.
    gene
        A name, however it is written.

    Raises
    ------
    Refusal
        There is no such gene; the nearest names are said.
    """
    by_name = {name.casefold(): at for at, name in reversed(list(enumerate(names)))}
    wanted = gene.strip().casefold()
    if gene in names:
        return names.index(gene)
    if wanted not in by_name:
        near = difflib.get_close_matches(wanted, list(by_name), 3) if len(wanted) < 40 else []
        listed = f"; {', '.join(names[by_name[name]] for name in near)} are" if near else ""
        raise Refusal(404, f"no gene here is called {gene!r:.60}{listed or '; choose one of the list'}")
    return by_name[wanted]


def suggestions(source: Measured | Predicted, like: str) -> list[str]:
    """Return names of genes that begin with some letters, then those that hold them; without any, the best.

    Parameters
    ----------
    source
        Whose genes they are.
    like
        The letters.
    """
    like = like.strip().casefold()
    ordered = [source.names[at] for at in source.best]
    begin = [name for name in ordered if name.casefold().startswith(like)]
    hold = [name for name in ordered if like in name.casefold() and name not in set(begin)] if like else []
    return [*begin, *hold][:SUGGESTED]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
