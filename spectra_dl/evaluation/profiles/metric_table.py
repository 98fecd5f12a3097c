"""The one table of metrics of profiles: reports and intervals iterate over it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.metric import Metric
from spectra_dl.evaluation.profiles.metrics import Skill
from spectra_dl.evaluation.profiles.units import known_mean

CORRELATION = (-1.0, 1.0)


@dataclass(frozen=True)
class ProfileMetric(Metric):
    """A metric of predicted profiles.

    Attributes
    ----------
    of_section
        ``(t,)`` the figure of each target of one section, from its skill and its noise ceiling ``(t,)``; NaN where undefined.
    within
        What the figure can be; intervals are cut there.
    by_section
        Whether report.json lists it for each section.
    """

    of_section: Callable[[Skill, FloatArray], FloatArray] = lambda skill, ceiling: skill.pearson
    within: tuple[float, float] = (-np.inf, np.inf)
    by_section: bool = True


def _share_of_ceiling(skill: Skill, ceiling: FloatArray) -> FloatArray:
    """Return ``(1,)`` the mean correlation of a section over the mean ceiling of the same targets."""
    both = np.isfinite(skill.pearson) & np.isfinite(ceiling)
    reached, highest = (known_mean(figure[both][:, None]) for figure in (skill.pearson, ceiling))
    return share(reached, highest)


def share(reached: FloatArray, highest: FloatArray) -> FloatArray:
    """Return what was reached over what could be reached; NaN where nothing could.

    Parameters
    ----------
    reached, highest
        Of one shape.
    """
    result: FloatArray = np.divide(reached, highest, out=np.full(reached.shape, np.nan), where=highest > 0)
    return result


_ALL = (
    ProfileMetric(
        "pearson",
        "correlation",
        "r",
        shown=frozenset({"headline"}),
        of_section=lambda skill, _: skill.pearson,
        within=CORRELATION,
    ),
    ProfileMetric(
        "spearman",
        "rank correlation",
        "rank r",
        shown=frozenset({"text", "page"}),
        of_section=lambda skill, _: skill.spearman,
        within=CORRELATION,
    ),
    ProfileMetric(
        "explained_variance",
        "R²",
        "R2",
        shown=frozenset({"text", "page"}),
        of_section=lambda skill, _: skill.explained,
    ),
    ProfileMetric(
        "squared_error",
        "squared error",
        "MSE",
        shown=frozenset({"text", "page"}),
        lower_is_better=True,
        of_section=lambda skill, _: skill.squared_error,
    ),
    ProfileMetric(
        "share_of_ceiling",
        "share of the noise ceiling",
        "ceiling",
        of_section=_share_of_ceiling,
        by_section=False,
    ),
)
PROFILE_METRICS: dict[str, ProfileMetric] = {metric.name: metric for metric in _ALL}
