"""The encoders a model was trained with: which are to be built, and whether they give the same numbers here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spectra_dl.errors import ModelFileError, UsageError
from spectra_dl.imaging.encoders.reference_tile import same_features
from spectra_dl.imaging.encoders.registry import LOCAL, NAMED_AGAIN, recorded_name
from spectra_dl.imaging.features.block import FeatureBlock
from spectra_dl.imaging.features.precomputed import PRECOMPUTED, PRECOMPUTED_PREFIX
from spectra_dl.imaging.stains.normalised_encoder import normalisation_and_name

if TYPE_CHECKING:
    from spectra_dl.imaging.features.description import EncoderDescription

_ASKED = {PRECOMPUTED: "features:PATH", "file": "file:WEIGHTS.safetensors"}


def _known_as(name: str) -> str:
    """Return the name by which a model file knows an encoder that a user names."""
    return PRECOMPUTED if name.startswith(PRECOMPUTED_PREFIX) else recorded_name(name)


def encoders_to_build(encoders: "Sequence[EncoderDescription]", named: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a model's encoders as they are to be built here.

    Parameters
    ----------
    encoders
        As the model file describes them.
    named
        Encoders that a model file alone may not call for: ``"features:PATH"``, the very ``"timm:MODEL"`` it was
        trained with, which may be fetched from a hub, and ``"file:WEIGHTS"`` with the very weights.

    Raises
    ------
    UsageError
        One of those is needed and not named, or another one is named.
    DataError
        A file of weights can't be used.
    """
    given = {_known_as(name): name for name in named}
    for encoder in encoders:
        _, bare = normalisation_and_name(encoder.name)
        if encoder.name not in given and bare.startswith((PRECOMPUTED, *NAMED_AGAIN)):
            asked = encoder.name.removesuffix(bare) + _ASKED.get(bare.split(":")[0], bare)
            other = next((name for name in named if normalisation_and_name(name)[1].startswith(LOCAL)), None)
            if other and bare.startswith(LOCAL):
                raise UsageError(
                    f"{other:.200} holds {_known_as(other)}; the model was trained with the weights {encoder.name}"
                )
            raise UsageError(
                f"the model was trained with the encoder {encoder.name}; name it with --encoder {asked}"
            )
    chosen = tuple(given.pop(encoder.name, encoder.name) for encoder in encoders)
    if extra := list(given.values()):
        raise UsageError(
            f"the model was not trained with the encoder {extra[0]:.80}, but with {', '.join(encoder.name for encoder in encoders)}"
        )
    return chosen


def refuse_changed_encoders(encoders: "Sequence[EncoderDescription]", blocks: Sequence[FeatureBlock]) -> None:
    """Refuse encoders that give other numbers here than where the model was trained.

    Parameters
    ----------
    encoders
        As the model file describes them.
    blocks
        Of features that were computed here.

    Raises
    ------
    ModelFileError
        One does.
    """
    block_of = {block.encoder: block for block in blocks}
    for encoder in encoders:
        block = block_of[encoder.name]
        # Files of features from elsewhere need not hold what their encoder gives for the calibration tile.
        known = bool(encoder.calibration and block.reference_features)
        changed = known and not same_features(block.reference_features, encoder.calibration)
        if block.width != encoder.width or changed:
            raise ModelFileError(
                f"the encoder {encoder.name} gives other features here than the model was trained with; use the same "
                "encoder and version, or train it again"
            )
