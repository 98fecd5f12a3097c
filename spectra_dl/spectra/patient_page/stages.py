"""What cleaning makes of the spectra that are drawn, step by step, on the model's axis."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.preprocessing.cosmic_rays import FoundRays
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, transformed_by_each
from spectra_dl.spectra.preprocessing.steps import Despike, Stage
from spectra_dl.spectra.quality import inspect, used_range
from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True, eq=False)
class Stages:
    """Spectra before, during and after cleaning.

    Attributes
    ----------
    wavenumber
        ``(q,)`` in cm⁻¹.
    raw
        ``(n, q)`` as measured, short gaps filled.
    replaced
        ``(n, q)`` which points were replaced as cosmic rays.
    baseline
        ``(n, q)`` as fitted; None where the model subtracts none.
    prepared
        ``(n, q)`` after all steps, of each of the model's preprocessings.
    """

    wavenumber: FloatArray
    raw: FloatArray
    replaced: NDArray[np.bool_]
    baseline: FloatArray | None
    prepared: tuple[NDArray[np.float32], ...]


def cleaned_stages(predictor: SpectraPredictor, table: SpectraTable) -> Stages:
    """Clean spectra as the model does, and keep what is on the way.

    Parameters
    ----------
    predictor
        The model.
    table
        ``(n, p)`` spectra that it could use.
    """
    first, rays = predictor.preprocessing[0], FoundRays()
    kept = first.kept_points(table.wavenumber)
    table, _ = inspect(table, kept, within=used_range(first.steps), rays=rays)
    prepared = transformed_by_each(predictor.preprocessing, table, rays)

    def until(stage: Stage) -> FloatArray:
        steps = tuple(step for step in first.steps if step.stage <= stage)
        some = FittedPreprocessing(steps, first.axis)
        return some.clean(table, remove_rays=partial(Despike.apply, rays=rays))[0].intensity

    raw, despiked = until(Stage.AXIS), until(Stage.SPIKES)
    subtracts = any(step.stage == Stage.BASELINE for step in first.steps)
    return Stages(
        first.wavenumber,
        raw,
        raw != despiked,
        despiked - until(Stage.BASELINE) if subtracts else None,
        tuple(each.matrix for each in prepared),
    )
