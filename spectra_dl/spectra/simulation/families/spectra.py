"""From latents to spectra: bands and fluorescence under a batch's gain, axis and background, as a detector counts them."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.spectra.simulation.detector import detect, draw_spikes
from spectra_dl.spectra.simulation.families.latents import Latents
from spectra_dl.spectra.simulation.families.worlds import World
from spectra_dl.spectra.simulation.line_shapes import band_line, band_patterns
from spectra_dl.spectra.simulation.optics import (
    GAIN_VARIATION,
    background_curves,
    draw_background,
    log_normal,
)

BATCH_GAIN_SD = 0.2  # of the logarithm
BATCH_SHIFT_SD = 0.3  # cm⁻¹
BATCH_SHAPE = 1.5  # times the variation of the background's shape between patients
_ROWS = 2048  # spectra drawn at a time, so that memory holds a few arrays of so many


@dataclass(frozen=True, eq=False)
class Batches:
    """What batches do to their spectra, drawn without looking at the class.

    Attributes
    ----------
    of_patient
        ``(m,)`` number of each patient's batch.
    gain
        ``(b,)`` factor.
    shift
        ``(b,)`` cm⁻¹ by which the bands are displaced on the axis.
    shape
        ``(b, 4)`` added to the coefficients of the background.
    """

    of_patient: IndexArray
    gain: FloatArray
    shift: FloatArray
    shape: FloatArray


def draw_batches(generator: np.random.Generator, patients: int, batches: int, world: World) -> Batches:
    """Draw batches of equal size; a single one changes nothing.

    Parameters
    ----------
    generator
        Source of random numbers.
    patients, batches
        How many.
    world
        Whose background varies.
    """
    of_patient = generator.permutation(patients) % batches
    present = float(batches > 1)
    gain = np.exp(present * BATCH_GAIN_SD * generator.standard_normal(batches))
    shift = present * BATCH_SHIFT_SD * generator.standard_normal(batches)
    size = world.background.between.size
    shape = present * BATCH_SHAPE * world.background.between * generator.standard_normal((batches, size))
    return Batches(of_patient, gain, shift, shape)


def draw_spectra(
    generator: np.random.Generator,
    world: World,
    latents: Latents,
    batches: Batches,
    points: int,
    *,
    spikes: bool,
) -> FloatArray:
    """Return ``(n, p)`` counts.

    Parameters
    ----------
    generator
        Source of random numbers for light and detector.
    world
        Bands, background and noise.
    latents
        Of the patients, with as many spectra for each.
    batches
        Whose patients they are.
    points
        Of the axis, ``p``.
    spikes
        Whether cosmic rays fall.
    """
    rows = len(latents.log_amplitude)
    owner = np.repeat(np.arange(batches.of_patient.size), rows // batches.of_patient.size)
    batch = batches.of_patient[owner]
    gain = log_normal(generator, owner, GAIN_VARIATION) * batches.gain[batch]
    strength, coefficients = draw_background(generator, owner, world.background)
    coefficients = coefficients + batches.shape[batch]
    counts = np.empty((rows, points))
    for start in range(0, rows, _ROWS):
        part = slice(start, start + _ROWS)
        light = world.band_counts * _bands(world, latents, part, batches.shift[batch[part]], points)
        light += world.fluorescence_counts * background_curves(strength[part], coefficients[part], points)
        light *= gain[part, None]
        rays = draw_spikes(generator, light.shape) if spikes else 0.0
        counts[part] = detect(generator, light, rays, world.electrons_per_count)
    return counts


def axis(world: World, points: int) -> FloatArray:
    """Return the ``(p,)`` even axis of a world, cm⁻¹.

    Parameters
    ----------
    world
        With the ends.
    points
        How many.
    """
    return np.linspace(world.low, world.high, points)


def _bands(world: World, latents: Latents, part: slice, shift: FloatArray, points: int) -> FloatArray:
    """Return ``(r, p)`` bands of some spectra, at height 1 where the log-amplitude is 0."""
    wavenumber = axis(world, points)
    amplitude = np.exp(latents.log_amplitude[part])  # (r, k)
    displacement = _displacement(latents)
    moving = np.flatnonzero(displacement.any(axis=0)).tolist()
    still = [place for place in range(len(world.groups)) if place not in moving]
    counts = np.empty((len(amplitude), points))
    for value in np.unique(shift):
        rows = shift == value
        patterns = band_patterns(
            [world.groups[place] for place in still], wavenumber - value, world.lorentzian_share
        )
        counts[rows] = amplitude[rows][:, still] @ patterns  # (b, s) @ (s, p)
    for place in moving:
        displaced = (shift + displacement[part, place])[:, None]
        for band in world.groups[place].bands:
            line = band_line(band, wavenumber, world.lorentzian_share, displaced)  # (r, p)
            counts += amplitude[:, place, None] * line
    return counts


def _displacement(latents: Latents) -> FloatArray:
    """Return ``(m, k)`` how far each band group stands off its place."""
    return np.zeros_like(latents.log_amplitude) if latents.displacement is None else latents.displacement
