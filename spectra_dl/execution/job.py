"""What is run: a job that holds all it needs and changes nothing outside itself."""

from typing import Protocol, TypeVar

Outcome = TypeVar("Outcome", covariant=True)


class Job(Protocol[Outcome]):
    """A piece of work that gives the same outcome wherever and whenever it runs."""

    @property
    def title(self) -> str:
        """What it is, for the log; no two jobs of a run have the same."""

    @property
    def record_types(self) -> tuple[type, ...]:
        """The dataclasses that its outcome is made of, for the journal."""

    def run(self) -> Outcome:
        """Do the work."""
