"""A probability with what it is compared with, and how unlike the training spectra a patient is, as small figures."""

from collections.abc import Mapping
from dataclasses import dataclass

from spectra_dl.classification.decision import DecisionRule
from spectra_dl.classification.predictions import OOD_LIMIT

WIDTH = 480
_MOST_CLASSES = 6
_GAUGE_END = 2 * OOD_LIMIT


@dataclass(frozen=True)
class ProbabilityBar:
    """The probability of a class.

    Attributes
    ----------
    number, name
        Of the class among the model's.
    probability
        From 0 to 1.
    in_set
        Whether the class can't be ruled out.
    """

    number: int
    name: str
    probability: float
    in_set: bool

    @property
    def width(self) -> float:
        """How long the bar is."""
        return round(WIDTH * self.probability, 1)


def probability_bars(
    shares: Mapping[str, float | None], in_set: tuple[str, ...], rule: DecisionRule
) -> list[ProbabilityBar]:
    """Return bars of what is stated: of two classes that of the positive one, of more the likeliest first; none where nothing is stated.

    Parameters
    ----------
    shares
        The stated probability of each class.
    in_set
        The classes that can't be ruled out.
    rule
        How the model decides.
    """
    stated = [
        ProbabilityBar(rule.classes.index(name), name, share, name in in_set)
        for name, share in shares.items()
        if share is not None
    ]
    if len(rule.classes) == 2:
        return [each for each in stated if each.name == rule.positive]
    return sorted(stated, key=lambda each: -each.probability)[:_MOST_CLASSES]


def gauge_place(ood_score: float) -> float:
    """Return where a score stands on the gauge, whose middle is the limit; what is beyond its end is put there."""
    return round(min(ood_score / _GAUGE_END, 1.0) * WIDTH, 1)
