"""Probes of a cohort for what inflates scores of expression."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.folds.leave_out_splits import Group
from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.cohort import ExpressionCohort
from spectra_dl.expression.probes.repeated_counts import repeated_counts
from spectra_dl.expression.section import TissueSection

_SMOOTHED_BELOW = 0.8  # of the difference that Poisson noise alone makes between neighbours
_ERRORS = (
    3  # standard errors by which it must be below: few spots and genes differ by less through chance alone
)
_TESTED_GENES, _FEWEST_GENES = 200, 40


def section_findings(
    sections: Sequence[TissueSection], cohort: ExpressionCohort, *, group: Group
) -> tuple[Finding, ...]:
    """Look for what inflates scores of expression: shared images, shared patients, overlapping tiles, smoothed counts.

    Parameters
    ----------
    sections
        The sections with their counts.
    cohort
        Their spots with features.
    group
        What is left out together.
    """
    return (
        _one_image_twice(sections),
        repeated_counts(cohort),
        _patients_on_both_sides(sections, group),
        _overlapping_tiles(cohort),
        _smoothed_counts(sections),
    )


def _one_image_twice(sections: Sequence[TissueSection]) -> Finding:
    owners: dict[str, list[str]] = {}
    for section in sections:
        owners.setdefault(section.image.sha256(), []).append(section.name)
    shared = [" = ".join(names) for names in owners.values() if len(names) > 1]
    if shared:
        return Finding(
            "one image twice",
            "stop",
            f"Sections have the same image: {first_few(shared)}. A model may have memorised a test section's tiles.",
        )
    return Finding("one image twice", "fine", "Every section has an image of its own.")


def _patients_on_both_sides(sections: Sequence[TissueSection], group: Group) -> Finding:
    patients = [section.patient for section in sections]
    shared = sorted({str(patient) for patient in patients if patients.count(patient) > 1})
    if group == "section" and shared:
        return Finding(
            "patients on both sides",
            "warn",
            f"Sections are left out, and other sections of the same patient train: {first_few(shared)}. The scores say nothing of a new patient.",
        )
    return Finding("patients on both sides", "fine", "No patient stands on both sides of a split.")


def _overlapping_tiles(cohort: ExpressionCohort) -> Finding:
    sizes = [block.size_um for block in cohort.spots.blocks if np.isfinite(block.size_um)]
    if not sizes:
        return Finding(
            "overlapping tiles", "fine", "The features were precomputed, from tiles of unknown size."
        )
    widest, pitch = max(sizes), float(cohort.spots.pitch_um.min())
    if widest > pitch:
        return Finding(
            "overlapping tiles",
            "fine",
            f"Tiles of {widest:g} um overlap at a pitch of {pitch:.0f} um, so a split by spot would show test tissue in training; whole sections are left out here.",
        )
    return Finding("overlapping tiles", "fine", "No two tiles of a section overlap.")


def _smoothed_counts(sections: Sequence[TissueSection]) -> Finding:
    ratio = {section.name: _neighbour_noise(section) for section in sections}
    smooth = [
        f"{name} ({value:.2f})"
        for name, (value, error) in ratio.items()
        if value + _ERRORS * error < _SMOOTHED_BELOW
    ]
    if smooth:
        return Finding(
            "smoothed counts",
            "stop",
            f"Neighbouring spots differ less than counting noise alone makes them: {first_few(smooth)} of it. Bring raw counts: smoothed ones are predicted from neighbours.",
        )
    return Finding(
        "smoothed counts", "fine", "Neighbouring spots differ at least as much as counting noise makes them."
    )


def _neighbour_noise(section: TissueSection) -> tuple[float, float]:
    """Return the squared differences of neighbouring spots' counts, relative to Poisson noise (1 or more for raw counts), and its standard error."""
    from scipy.spatial import cKDTree

    kept = section.select(section.usable)
    if kept.counts is None or len(kept) < 3:
        return float("nan"), float("nan")
    total = np.asarray(kept.counts.sum(axis=0), dtype=np.float64).ravel()
    counts = kept.counts.tocsc()[:, _noise_dominated(total, len(kept))].toarray()
    _, near = cKDTree(kept.position_um).query(kept.position_um, k=2)
    neighbour = np.asarray(near)[:, 1]
    expected = (counts + counts[neighbour]).sum(axis=1)
    squared = ((counts - counts[neighbour]) ** 2).sum(axis=1)
    if not expected.sum() > 0:
        return float("nan"), float("nan")
    ratio = float(squared.sum() / expected.sum())
    return ratio, float(np.sqrt(((squared - ratio * expected) ** 2).sum()) / expected.sum())


def _noise_dominated(total: FloatArray, n_spots: int) -> IndexArray:
    """Return the genes with nearly one count per spot and not more, or those with the fewest counts where these are few.

    The variance that tissue and depth make grows with the square of a gene's counts and soon hides the noise that smoothing takes away.
    """
    order = np.argsort(total, kind="stable")
    counted = order[total[order] > 0]
    end = int(np.searchsorted(total[counted], n_spots, side="right"))
    return counted[max(0, end - _TESTED_GENES) : max(end, _FEWEST_GENES)]
