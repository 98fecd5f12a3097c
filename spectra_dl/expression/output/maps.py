"""Maps of genes: predicted and measured on one colour scale, over the tissue, with a scale bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.report.axes import given_or_new
from spectra_dl.evaluation.report.page.value_maps import colour_limits
from spectra_dl.expression.output.prediction import VALUES, SectionPrediction, spot_diameter_um
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.overlays.map_parts import draw_scale_bar, file_stems, shrunk
from spectra_dl.storage.figure_file import write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection

_LONGEST_SIDE = 1200


def write_maps(folder: Path, prediction: SectionPrediction, columns: Sequence[int]) -> list[str]:
    """Draw maps of genes, next to the measured ones where there are any, and return the files' names.

    Parameters
    ----------
    folder
        An existing folder.
    prediction
        Of a section.
    columns
        Numbers of the genes.

    Raises
    ------
    EnvironmentFault
        A file can't be written.
    """
    section = prediction.section
    canvas = _Canvas.of(section, prediction.small_image, prediction.diameter_um)
    names = [f"{stem}.png" for stem in file_stems([prediction.names[at] for at in columns], "map_")]
    for at, name in zip(columns, names, strict=True):
        measured = None if prediction.measured is None else prediction.measured[:, at]
        shown = None if measured is None or not np.isfinite(measured).any() else measured
        _draw(folder / name, canvas, prediction.names[at], predicted=prediction.values[:, at], measured=shown)
    return names


@dataclass(frozen=True, eq=False)
class _Canvas:
    """The tissue that values are drawn on: its pixels, the spots' centres and diameter in them, and their size in µm."""

    pixels: Pixels
    place: FloatArray
    diameter: float
    um_per_pixel: float

    @classmethod
    def of(cls, section: TissueSection, image: tuple[Pixels, float], diameter_um: float) -> "_Canvas":
        """Return the canvas of a section: its image and that image's pixels per pixel of the section's, and the diameter of its spots."""
        pixels, smaller = shrunk(image[0], _LONGEST_SIDE)
        per_um = image[1] * smaller / section.um_per_pixel
        return cls(pixels, section.position_um * per_um, diameter_um * per_um, 1 / per_um)


def plot_expression_map(
    section: TissueSection,
    values: FloatArray,
    *,
    title: str = "",
    limits: tuple[float, float] | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw a number per spot over the tissue, with a scale bar and a bar of colours.

    Parameters
    ----------
    section
        ``n`` spots and their image.
    values
        ``(n,)`` such as a gene's column of `spectra_dl.ExpressionPredictor.predict`; NaN leaves a spot out, so that the tissue is seen.
    title
        Above the map, such as the gene's symbol.
    limits
        The lowest and the highest value that colours tell apart: give two maps the same, and they can be compared. None takes the 1 % and
        99 % quantiles of the values.
    axes
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        In pixels of the picture that is drawn.

    Raises
    ------
    UsageError
        There is not one value for each spot.

    Examples
    --------
    >>> from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
    >>> section = simulate_tissue(TissueSettings(patients=1, spots_per_side=4, genes=6))[0].section
    >>> axes = plot_expression_map(section, np.arange(13.0), title="GENE1")
    >>> axes.get_title()
    'GENE1'
    """
    values = np.asarray(values, dtype=np.float64)
    if values.shape != (len(section),):
        raise UsageError(
            f"values of shape {values.shape} for {len(section)} spots; give one number a spot, such as one gene's column"
        )
    axes = given_or_new(axes, 5.4, 4.6)
    diameter = spot_diameter_um(section)
    canvas = _Canvas.of(section, section.image.thumbnail(_LONGEST_SIDE), diameter)
    axes.imshow(canvas.pixels)
    axes.set_title(title, parse_math=False)
    axes.set_axis_off()
    draw_scale_bar(axes, canvas.pixels, canvas.um_per_pixel)
    spots = _spots(axes, canvas, values, limits or colour_limits(values))
    axes.figure.colorbar(spots, ax=axes, shrink=0.7, extend="both")
    return axes


def _draw(
    path: Path, canvas: _Canvas, gene: str, *, predicted: FloatArray, measured: FloatArray | None
) -> None:
    from matplotlib.figure import Figure

    gene = gene if gene.isprintable() and len(gene) <= 40 else f"{ascii(gene)[1:39]}"
    panels: list[tuple[str, FloatArray | None]] = [("H&E", None), (f"{gene}, predicted", predicted)]
    panels += [] if measured is None else [(f"{gene}, measured", measured)]
    limits = colour_limits(predicted, measured)
    figure = Figure(figsize=(4.6 * len(panels), 4.6), layout="constrained")
    axes = list(figure.subplots(1, len(panels)))
    for at, (title, _) in zip(axes, panels, strict=True):
        at.imshow(canvas.pixels)
        at.set_title(title, parse_math=False)
        at.set_axis_off()
    draw_scale_bar(axes[0], canvas.pixels, canvas.um_per_pixel)
    spots = [
        _spots(at, canvas, values, limits)
        for at, (_, values) in zip(axes, panels, strict=True)
        if values is not None
    ]
    figure.colorbar(spots[0], ax=axes[1:], shrink=0.7, label=VALUES, extend="both")
    write_figure(path, figure)


def _spots(axes: "Axes", canvas: _Canvas, values: FloatArray, limits: tuple[float, float]) -> "Collection":
    """Draw spots of their true size; those without a value are left out, so that the tissue is seen."""
    from matplotlib.collections import EllipseCollection

    rows = np.isfinite(values) & np.isfinite(canvas.place).all(axis=1)
    side = np.full(rows.sum(), canvas.diameter)
    spots = EllipseCollection(
        side,
        side,
        np.zeros(rows.sum()),
        units="xy",
        offsets=canvas.place[rows],
        offset_transform=axes.transData,
        array=values[rows],
        clim=limits,
        cmap="viridis",
        linewidths=0,
        alpha=0.85,
    )
    axes.add_collection(spots, autolim=False)
    return spots
