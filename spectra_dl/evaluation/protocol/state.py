"""What a report says of its protocol, also in a sentence for text and page."""

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict

NOT_LOCKED, LOCKED_BEFORE = "not locked", "locked before"


class ProtocolState(BaseModel):
    """The entry ``protocol`` of a report.

    Attributes
    ----------
    verdict
        ``"locked before"`` or ``"not locked"``; what follows is of the first alone.
    hypothesis, metric
        As they were sealed.
    seal
        The digest of the chain's first entry, which `lock` printed to be deposited elsewhere.
    locked_at
        When, by the clock of the machine that locked.
    outcome_in_file_when_locked
        Whether the outcome stood in the files when they were locked.
    versions_when_locked
        Of the packages that computed what was known then.
    look
        Its number, from 1.
    entry
        The digest of the chain's entry that opened it.
    reason
        Why another look was wanted; None of the first.

    Examples
    --------
    >>> ProtocolState(verdict=NOT_LOCKED).sentence[:11]
    'Not locked:'
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    verdict: str
    hypothesis: str = ""
    metric: str = ""
    seal: str = ""
    locked_at: str = ""
    outcome_in_file_when_locked: bool = True
    versions_when_locked: dict[str, str] = {}
    look: int = 1
    entry: str = ""
    reason: str | None = None

    @property
    def locked(self) -> bool:
        """Whether there was a protocol."""
        return self.verdict == LOCKED_BEFORE

    def to_json(self) -> dict[str, object]:
        """Return the report's entry."""
        return self.model_dump(mode="json", exclude_unset=True)

    @property
    def sentence(self) -> str:
        """What is said of it."""
        if not self.locked:
            return "Not locked: nothing was sealed before the outcome was seen (spectra-dl lock does that)."
        known = (
            "The outcome stood in the files then already, so it could have been seen."
            if self.outcome_in_file_when_locked
            else "The outcome did not stand in the files then."
        )
        again = f" This is look {self.look} at the test set: {self.reason}." if self.reason else ""
        return (
            f"Locked before, {self.locked_at} by that machine's clock: {self.hypothesis.rstrip('.')}. Primary metric: {self.metric}. {known}{again} "
            f"Seal {self.seal}; a seal that was deposited elsewhere shows that this protocol is the one."
        )
