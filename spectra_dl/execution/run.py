"""Run jobs wherever they are to run, keep what is finished, and say how far it is."""

import logging
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from spectra_dl.errors import UsageError
from spectra_dl.execution.executor import Executor, SerialExecutor
from spectra_dl.execution.job import Job

_LOG = logging.getLogger("spectra_dl.jobs")
Outcome = TypeVar("Outcome")
# The members of a fold's network are jobs too, and of no news to anybody who counts folds.
_INSIDE_A_JOB: ContextVar[bool] = ContextVar("inside_a_job", default=False)
_SECONDS_BETWEEN_LINES = 10.0  # of a stream, whose items are many and small


class Keeper(Protocol):
    """Keeps the outcomes of finished jobs, such as a `spectra_dl.execution.journal.Journal`."""

    def read(self, title: str, types: tuple[type, ...]) -> tuple[Any] | None:
        """Return a job's outcome in a tuple of one, or None where there is none.

        Parameters
        ----------
        title
            The job's.
        types
            The dataclasses that its outcome is made of.
        """

    def write(self, title: str, outcome: Any, types: tuple[type, ...]) -> None:
        """Keep a job's outcome.

        Parameters
        ----------
        title
            The job's.
        outcome
            What it gave.
        types
            The dataclasses that the outcome is made of.
        """


@dataclass(frozen=True)
class Execution:
    """Where a run's jobs run, and where it keeps what is finished.

    Attributes
    ----------
    executor
        This process by default.
    journal
        None keeps nothing.
    """

    executor: Executor = field(default_factory=SerialExecutor)
    journal: Keeper | None = None

    def run(self, jobs: Sequence[Job[Outcome]]) -> list[Outcome]:
        """Return the outcomes of jobs, in their order; those that the journal holds are taken from there.

        Parameters
        ----------
        jobs
            They don't depend on one another.

        Raises
        ------
        UsageError
            Two jobs have one title.
        EnvironmentFault
            A worker died twice over the same job, or the journal can't be written; what is finished stays in it.
        """
        titles = [job.title for job in jobs]
        if len(set(titles)) < len(titles):
            twice = sorted({title for title in titles if titles.count(title) > 1})
            raise UsageError(f"two jobs are called {twice[0]!r:.80}; give each model a name")
        outcomes = self._journalled(jobs)
        pending = [number for number in range(len(jobs)) if number not in outcomes]
        log = JobLog(len(jobs), len(outcomes))
        # Without anything to do no process is started, and no cluster asked.
        finished = self.executor.finished(_run_job, tuple(jobs), pending) if pending else iter(())
        for place, outcome in finished:
            number = pending[place]
            if self.journal:
                self.journal.write(titles[number], outcome, jobs[number].record_types)
            outcomes[number] = outcome
            log.finished(titles[number])
        return [outcomes[number] for number in range(len(jobs))]

    def _journalled(self, jobs: Sequence[Job[Outcome]]) -> dict[int, Outcome]:
        if self.journal is None:
            return {}
        kept = ((number, self.journal.read(job.title, job.record_types)) for number, job in enumerate(jobs))
        return {number: outcome[0] for number, outcome in kept if outcome is not None}


class JobLog:
    """Says after each job how many are done, how long it took and how long it may still take.

    Parameters
    ----------
    total
        Jobs in all; None where nobody knows.
    known
        Those that an earlier run had finished.
    """

    def __init__(self, total: int | None = None, known: int = 0) -> None:
        self._total, self._known, self._done = total, known, known
        self._started = self._said = time.monotonic()
        if known:
            _LOG.info("%d of %d jobs were finished before", known, total)

    def finished(self, title: str) -> None:
        """Say that a job is finished.

        Parameters
        ----------
        title
            The job's.
        """
        self._done += 1
        now = time.monotonic()
        too_soon = self._total is None and now - self._said < _SECONDS_BETWEEN_LINES
        if too_soon or _INSIDE_A_JOB.get():
            return
        self._said, elapsed = now, now - self._started
        if self._total is None:
            count, left = f"{self._done}", ""
        else:
            count = f"{self._done} of {self._total}"
            expected = elapsed / (self._done - self._known) * (self._total - self._done)
            left = f", about {clock(expected)} left"
        _LOG.info(
            "%s done: %s (%s so far%s)",
            count,
            title,
            clock(elapsed),
            left,
            extra={"done": self._done, "total": self._total},
        )


def clock(seconds: float) -> str:
    """Write a time for people.

    Examples
    --------
    >>> clock(75.4), clock(7384)
    ('1:15', '2:03:04')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _run_job(jobs: Sequence[Job[Any]], number: int) -> Any:
    inner = _INSIDE_A_JOB.set(True)
    try:
        return jobs[number].run()
    finally:
        _INSIDE_A_JOB.reset(inner)
