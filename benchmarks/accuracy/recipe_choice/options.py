"""What a run of the comparison is asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What to run, and where results are kept.

    Attributes
    ----------
    recipes
        Names.
    work
        The folder of finished results.
    inner
        As in `fitting.Training`.
    fresh
        Fresh patients of each simulated study; 0 leaves them out, and inner figures alone cost a quarter.
    data
        The folder of the real sets.
    """

    recipes: tuple[str, ...]
    work: Path
    inner: str
    fresh: int
    data: Path
