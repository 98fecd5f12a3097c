"""What a protocol seals of images of tissue."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from spectra_dl.errors import DataError
from spectra_dl.evaluation.protocol.sealable import Sealable, SealedWords, digest_of_cells
from spectra_dl.evaluation.protocol.sealed_plan import SealedData
from spectra_dl.tissue.images import TissueImages

_WORDS = SealedWords("images", "images that are cut otherwise")


def sealable(images: TissueImages, options: Mapping[str, object]) -> Sealable:
    """Return what a protocol knows of images.

    Parameters
    ----------
    images
        With patients, as they will be evaluated; classes and other outcomes may still be missing.
    options
        Of the evaluation: ``split_by``, ``target``, ``time`` and ``event`` name columns.

    Raises
    ------
    DataError
        Nobody says which patient an image is of.
    """
    if images.patient is None:
        raise DataError(
            "nobody says which patient an image is of; list images in a sheet with columns path and patient"
        )
    divides = images.metadata.get(str(options.get("split_by")))
    own: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    order: list[str] = []
    for patient, cells in zip(map(str, images.patient), image_cells(images), strict=True):
        own[patient].append(cells)
        order += (cells[0], patient)
    data = SealedData(
        rows=len(images),
        axis=digest_of_cells(["images"]),
        order=digest_of_cells(order),
        groups=None if divides is None else digest_of_cells(map(str, divides)),
        patients={
            name: digest_of_cells(cell for row in sorted(rows) for cell in row) for name, rows in own.items()
        },
    )
    return Sealable(data, tuple(_outcome(images, options)), _WORDS)


def image_cells(images: TissueImages) -> Iterator[tuple[str, ...]]:
    """Yield of each image its id, the SHA-256 of its file, and its slide, place and scale, as text.

    Parameters
    ----------
    images
        Any.
    """
    known = [each for each in (images.slide, images.position, images.mpp, images.side) if each is not None]
    for row, (name, digest) in enumerate(zip(images.name, images.files.digests(), strict=True)):
        yield (str(name), digest, *(repr(_plain(each[row])) for each in known))


def _plain(value: object) -> object:
    return value.tolist() if hasattr(value, "tolist") else value


def _outcome(images: TissueImages, options: Mapping[str, object]) -> Iterator[str]:
    columns = [str(name) for name in map(options.get, ("target", "time", "event")) if name is not None]
    if not columns:
        yield from map(str, images.label if images.label is not None else ())
    for name in columns:
        yield from map(str, images.metadata.get(name, ()))
