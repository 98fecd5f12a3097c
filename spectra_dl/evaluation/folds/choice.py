"""What a model chose among declared candidates."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """What a fold chose among declared candidates.

    Attributes
    ----------
    name
        The candidate's.
    scores
        Of each candidate on inner folds: patient AUC of classes, mean correlation of profiles.
    """

    name: str
    scores: Mapping[str, float]
