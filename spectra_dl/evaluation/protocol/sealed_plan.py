"""What is sealed before the outcome is seen: hypothesis, metric, data, folds and options; a closed schema.

What a protocol of a prediction study fixes in advance is that of TRIPOD+AI, items 18c and 18d (Collins et al. 2024, doi 10.1136/bmj-2023-078378).
"""

import hashlib
import json
import os
from typing import Annotated, Final, Literal

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, Field, JsonValue

FORMAT: Final = "spectra-dl protocol"
VERSION: Final = 1

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Identity = Annotated[str, Field(max_length=2000)]


class Closed(BaseModel):
    """Values of which none is unknown, converted, changed later or infinite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class SealedData(Closed):
    """The digests of what is tested: spectra without their outcome.

    ``patients`` holds for each patient the digest of the ids and intensities of the patient's spectra; ``order``, that of ids and patients in the order of
    the rows, on which folds depend; ``groups``, that of the column whose values are left out one at a time, None without one.
    """

    rows: int = Field(ge=1)
    axis: Digest
    order: Digest
    groups: Digest | None
    patients: dict[Identity, Digest] = Field(min_length=1, max_length=1_000_000)


class SealedPlan(Closed):
    """Everything that is decided beforehand.

    ``folds`` is the digest of the split file that is repeated; None where options and seed make the folds. ``outcome_in_file`` says that the outcome
    stood in the files already, so that whoever sealed the plan could have seen it.
    """

    hypothesis: Sentence
    metric: Name
    outcome_in_file: bool
    data: SealedData
    folds: Digest | None
    options: dict[Name, JsonValue] = Field(min_length=1, max_length=100)
    versions: dict[Name, Name]


class Entry(Closed):
    """One event in the life of a protocol, linked to the one before by its digest.

    ``outcome`` is the digest of the outcome that a look saw, ``report`` that of the report.json it gave, ``reason`` why something was refused or another
    look is wanted. ``when`` is what this machine's clock said.
    """

    number: int = Field(ge=0)
    event: Literal["locked", "opened", "refused", "reported", "unlocked", "replayed"]
    when: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    outcome: Digest | None = None
    report: Digest | None = None
    reason: Sentence | None = None
    previous: Digest
    digest: Digest


class ProtocolFile(Closed):
    """A whole protocol file."""

    format: Literal["spectra-dl protocol"] = FORMAT
    version: Literal[1] = VERSION
    plan: SealedPlan
    chain: list[Entry] = Field(min_length=1, max_length=10_000)


def digest_of(part: Closed, *, without: str | None = None) -> str:
    """Return the SHA-256 of a part's canonical JSON: keys in order, no spaces, ASCII.

    Parameters
    ----------
    part
        The part.
    without
        An entry that is left out, as the digest itself.
    """
    content = part.model_dump(mode="json", exclude={without} if without else None)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
