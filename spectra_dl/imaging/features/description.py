"""What a model file says of an encoder that its features come from."""

from collections.abc import Sequence

from pydantic import Field, field_validator

from spectra_dl.imaging.encoders.registry import is_encoder_name, recorded_name
from spectra_dl.imaging.features.block import FeatureBlock
from spectra_dl.imaging.features.precomputed import PRECOMPUTED, PRECOMPUTED_PREFIX
from spectra_dl.models.header import Closed


class EncoderDescription(Closed):
    """What turns tiles into features: by name, and its output for a fixed tile, so that another one is noticed."""

    name: str = Field(max_length=200)
    width: int = Field(ge=1, le=100_000)
    calibration: list[float] = Field(max_length=100_000)

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name != PRECOMPUTED and not is_encoder_name(name):
            raise ValueError(f"no encoder is called {name!r:.80}")
        return name


def described_encoders(encoders: Sequence[str], blocks: Sequence[FeatureBlock]) -> list[EncoderDescription]:
    """Return encoders as a model file holds them: a path of precomputed features or weights is none of its business.

    Parameters
    ----------
    encoders
        By the names that a user gave.
    blocks
        Of the features that they computed.
    """
    names = [PRECOMPUTED if name.startswith(PRECOMPUTED_PREFIX) else recorded_name(name) for name in encoders]
    block_of = {block.encoder: block for block in blocks}
    return [
        EncoderDescription(
            name=name, width=block_of[name].width, calibration=list(block_of[name].reference_features)
        )
        for name in names
    ]
