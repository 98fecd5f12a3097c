"""What the quality control says of a spectrum."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warned", "refused"]


@dataclass(frozen=True)
class Verdict:
    """Whether a spectrum can be used, and why not or with what care: sentences a person can act on."""

    status: Status
    reasons: tuple[str, ...] = ()

    def text(self) -> str:
        """Return status and reasons as a table's cell holds them; empty where all is well."""
        return "" if self.status == "ok" else f"{self.status}: {'; '.join(self.reasons)}"
