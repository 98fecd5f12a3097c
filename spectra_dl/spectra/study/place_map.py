"""Where the spectra of a map were measured: kept beside their predictions, and drawn where the places form a grid."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.classification.predictions import RowPredictions
from spectra_dl.evaluation.report.figures import svg_text
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

# As the readers call places; the header of a WiRE map as text has no unit, and its program writes µm.
PLACES = (("x_um", "y_um"), ("X", "Y"))
COLUMNS = ("x_um", "y_um")
MOST_PLACES = 1_000_000
LEAST_FILLED = 0.5
DIGITS = 3  # places are rounded to nm
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#8A4B7D", "#7A6000", "#555555")
_NO_CLASS = "#D9D9D9"


def place_columns(table: SpectraTable) -> tuple[TextArray, TextArray] | None:
    """Return the two columns of places in µm, None where a table has none.

    Parameters
    ----------
    table
        Of a map, or of anything else.
    """
    for names in PLACES:
        columns = tuple(table.metadata[name] for name in names if name in table.metadata)
        # A column X of a table may be anything.
        if len(columns) == 2 and (
            names == COLUMNS or all(np.isfinite(_numbers(column)).all() for column in columns)
        ):
            return columns[0], columns[1]
    return None


def _numbers(texts: TextArray) -> FloatArray:
    """Return texts as numbers, NaN for all where one is none."""
    try:
        return np.array([float(text) for text in texts])
    except ValueError:
        return np.full(len(texts), np.nan)


class PlaceMap:
    """The class and the score at each place, collected block by block.

    Parameters
    ----------
    classes
        The class names, in the order of the probabilities.
    positive
        The class whose probability is the score where there are two.
    """

    def __init__(self, classes: Sequence[str], positive: str) -> None:
        self._classes = tuple(classes)
        self._column = self._classes.index(positive) if len(self._classes) == 2 else None
        self._x: list[FloatArray] = []
        self._y: list[FloatArray] = []
        self._class: list[NDArray[np.intp]] = []
        self._score: list[FloatArray] = []
        self._count = 0
        self._whole = True

    def add(self, table: SpectraTable, rows: RowPredictions, decided: Sequence[str]) -> None:
        """Add a block; a table without places, or too many of them, leaves nothing to draw.

        Parameters
        ----------
        table
            The spectra.
        rows
            Their predictions.
        decided
            The class of each, "" where there is none.
        """
        places = place_columns(table) if self._whole else None
        self._count += len(table)
        self._whole = places is not None and self._count <= MOST_PLACES
        if places is None or not self._whole:
            return
        x, y = (np.round(_numbers(column), DIGITS) for column in places)
        self._whole = bool(np.isfinite(x).all() and np.isfinite(y).all())
        numbers: Mapping[str, int] = {name: k for k, name in enumerate(self._classes)}
        self._x.append(x)
        self._y.append(y)
        self._class.append(np.array([numbers.get(name, -1) for name in decided], dtype=np.intp))
        stated = rows.stated_probability
        score = stated.max(axis=1) if self._column is None else stated[:, self._column]
        self._score.append(score)

    def svg(self) -> str | None:
        """Return the picture of the map as an SVG file, None where the places form no grid of at least 2 x 2."""
        grid = self._grid()
        if grid is None:
            return None
        figure = self._figure(*grid)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + svg_text(
            figure, "map", title="Class and score at each place"
        )

    def _grid(self) -> tuple[FloatArray, FloatArray, NDArray[np.intp], FloatArray] | None:
        """Return the grid's lines, and class and score on it: -1 and NaN where no spectrum was measured or answered."""
        if not self._whole or not self._x:
            return None
        x, column = np.unique(np.concatenate(self._x), return_inverse=True)
        y, row = np.unique(np.concatenate(self._y), return_inverse=True)
        distinct = len(np.unique(row * x.size + column))
        if min(x.size, y.size) < 2 or distinct < self._count or self._count < LEAST_FILLED * x.size * y.size:
            return None
        classes = np.full((y.size, x.size), -1, dtype=np.intp)
        scores = np.full((y.size, x.size), np.nan)
        classes[row, column] = np.concatenate(self._class)
        scores[row, column] = np.concatenate(self._score)
        return x, y, classes, scores

    def _figure(
        self, x: FloatArray, y: FloatArray, classes: NDArray[np.intp], scores: FloatArray
    ) -> "Figure":
        from matplotlib.colors import ListedColormap
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch

        figure = Figure(figsize=(9, 4.4), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        shades = [_NO_CLASS, *(_COLOURS[k % len(_COLOURS)] for k in range(len(self._classes)))]
        _show(left, x, y, classes, cmap=ListedColormap(shades), low=-1.5, high=len(self._classes) - 0.5)
        shown = _show(right, x, y, scores, cmap="viridis", low=0.0, high=1.0)
        figure.colorbar(shown, ax=right, shrink=0.8)
        left.set_title("predicted class", fontsize=9, parse_math=False)
        score = "highest probability" if self._column is None else f"p({self._classes[self._column]})"
        right.set_title(score, fontsize=9, parse_math=False)
        left.set_ylabel("y (µm)")
        names = ["no answer", *self._classes]
        patches = [Patch(color=shade) for shade in shades]
        legend = figure.legend(
            patches, [str(k) for k in range(len(names))], loc="outside lower center", ncols=4, fontsize=8
        )
        for text, name in zip(legend.get_texts(), names, strict=True):
            text.set_parse_math(False)
            text.set_text(name)
        return figure


def _show(
    axes: "Axes",
    x: FloatArray,
    y: FloatArray,
    values: NDArray[np.intp] | FloatArray,
    *,
    cmap: "Colormap | str",
    low: float,
    high: float,
) -> "AxesImage":
    """Draw a grid of values, each over its place; lines that are not even are drawn evenly between the first and the last."""
    dx, dy = ((line[-1] - line[0]) / (line.size - 1) / 2 for line in (x, y))
    axes.set_xlabel("x (µm)")
    return axes.imshow(
        np.asarray(values, dtype=np.float64),
        origin="lower",
        extent=(x[0] - dx, x[-1] + dx, y[0] - dy, y[-1] + dy),
        interpolation="nearest",
        aspect="equal",
        cmap=cmap,
        vmin=low,
        vmax=high,
    )
