"""From files that were listed to images: a file is one, or as many as it has frames, or the tiles a slide is cut into."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, text_array
from spectra_dl.errors import DataError, SpectraDLError, UnsafeError
from spectra_dl.evaluation.class_names import MISSING_LABELS
from spectra_dl.evaluation.wording import counted, first_few
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.readers.stated import StatedImage
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl.tissue.slides.cutting import TILE_UM, CutTiles, SlideCut, cut_slide
from spectra_dl.tissue.sources import TILE_PIXELS, Kind, Parts, kind_of_source

if TYPE_CHECKING:
    from spectra_dl.imaging.dicom.file import DicomFile


@dataclass(frozen=True, eq=False)
class ListedFile:
    """A file that was listed, opened and measured.

    Attributes
    ----------
    stated
        What was said of it.
    kind
        What it is. A slide without tiles could not be cut, and is one image that is refused when it is read.
    notes
        Of the file.
    dicom
        Its header, where it is a DICOM file of frames.
    tiles
        Where its tiles lie, where it is a slide.
    """

    stated: StatedImage
    kind: Kind = "image"
    notes: tuple[str, ...] = ()
    dicom: "DicomFile | None" = None
    tiles: CutTiles | None = None

    @property
    def count(self) -> int:
        """How many images it has."""
        if self.tiles is not None:
            return len(self.tiles)
        return 1 if self.dicom is None else self.dicom.frames

    def names(self) -> Iterator[str]:
        """Yield what each image is called: by its file, and where that has several by its frame or corner."""
        name = self.stated.name
        if self.tiles is not None:
            yield from (f"{name}#{x:.0f}-{y:.0f}" for x, y in self.tiles.corner.tolist())
        elif self.count == 1:
            yield name
        else:
            yield from (f"{name}#{frame + 1}" for frame in range(self.count))


def listed_file(folder: Path, stated: StatedImage, options: ImageOptions, *, labelled: bool) -> ListedFile:
    """Open a file, of which no pixel is decoded yet, and find out which images it has.

    Parameters
    ----------
    folder
        Under which it lies.
    stated
        What was said of it.
    options
        How slides are cut.
    labelled
        Whether it is to be learnt from. If not, all tissue of a slide is taken, whatever is annotated, and a file that can't be opened is one image,
        of which prediction says so.

    Raises
    ------
    DataError
        It is no image, or is to be learnt from and damaged, or frames of DICOM are annotated.
    UnsafeError
        A file holds pickle data.
    """
    path = folder / stated.name
    annotated = bool(stated.said.get("annotation"))
    try:
        kind, notes = kind_of_source(path, cut=annotated or options.tile_um is not None)
        if kind == "frames":
            from spectra_dl.imaging.dicom.file import open_dicom

            if annotated and labelled:
                raise DataError(
                    f"{stated.where}: {stated.name!r:.120} is a DICOM file of frames, of which no annotation is read; leave the cell empty, and say its label"
                )
            return ListedFile(stated, kind, dicom=open_dicom(path))
    except SpectraDLError as err:
        if labelled or isinstance(err, UnsafeError):
            raise
        return ListedFile(stated)
    if kind == "image":
        return ListedFile(stated, notes=notes if labelled else ())
    if any(stated.said.get(name) for name in ("x", "y", "side")):
        raise DataError(
            f"{stated.where}: x, y and side say where in its slide an image lies, and this is a whole slide; leave them empty"
        )
    cut = SlideCut(options.tile_um or TILE_UM, options.least_inside, options.classes_by_name())
    annotation = folder / stated.said["annotation"] if annotated and labelled else None
    try:
        tiles = cut_slide(path, cut, mpp=stated.number("mpp"), annotation=annotation)
    except DataError as err:
        if labelled:
            raise
        return ListedFile(stated, kind, notes=(str(err),))
    return ListedFile(stated, kind, tiles.notes, tiles=tiles)


def divided(images: TissueImages, files: Sequence[ListedFile], tile_um: float) -> TissueImages:
    """Return a row for each frame and each tile, in place of one for each file.

    Parameters
    ----------
    images
        A row for each file.
    files
        The same, opened.
    tile_um
        Of a tile's side.

    Raises
    ------
    DataError
        No slide has a tile that is taken, or two of them have one name.
    """
    if all(file.kind == "image" for file in files):
        return images
    _refuse_joined_slides(images, files)
    count = np.array([file.count for file in files])
    slides = [file for file in files if file.tiles is not None]
    if not count.sum():
        notes = [note for file in slides for note in file.notes]
        raise DataError(
            f"no tile of {first_few(file.stated.name for file in slides)} is taken{': ' + notes[0] if notes else ''}; lower --least-inside, or change --tile-um"
        )
    rows = np.repeat(np.arange(len(files)), count)
    whole = images[rows]
    cut = np.repeat([file.kind == "slide" for file in files], count)
    parts = Parts(whole.name, _frames(files), cut, tile_um if cut.any() else None)
    slide = whole.name if images.slide is None and (count > 1).any() else whole.slide
    return replace(
        whole,
        name=text_array([name for file in files for name in file.names()]),
        label=_labels(whole, files),
        slide=slide,
        position=_corners(whole, files, rows),
        mpp=_of_tiles(whole.mpp, files, rows, [_um(file) for file in files]),
        side=_of_tiles(
            whole.side, files, rows, [float(file.tiles.side) if file.tiles else np.nan for file in files]
        ),
        parts=parts,
    )


def _refuse_joined_slides(images: TissueImages, files: Sequence[ListedFile]) -> None:
    """Refuse slides that are cut and called alike, since places in one are none in the other."""
    if images.slide is None:
        return
    first: dict[str, str] = {}
    for name, file in zip(images.slide, files, strict=True):
        if file.tiles is not None and first.setdefault(name, file.stated.name) != file.stated.name:
            raise DataError(
                f"{file.stated.where}: {first_few([first[name], file.stated.name])} are two whole slides, and both are called {name!r:.60}; call each by a name of its own in the column of slides"
            )


def tile_notes(files: Sequence[ListedFile], options: ImageOptions) -> list[str]:
    """Say how slides were cut, and what was left out.

    Parameters
    ----------
    files
        All of them.
    options
        How slides are cut.
    """
    slides = [(file, file.tiles) for file in files if file.tiles is not None]
    if not slides:
        return []
    inside = [f"{options.least_inside:.0%} of each or more"]
    if any(tiles.label is not None for _, tiles in slides):
        inside.append("inside areas of its class")
    if any(tiles.label is None for _, tiles in slides):
        inside.append("on tissue" if len(inside) == 1 else "or, without annotation, on tissue")
    total = sum(len(tiles) for _, tiles in slides)
    notes = [
        f"{counted(total, 'tile')} of {options.tile_um or TILE_UM:g} um were cut from {counted(len(slides), 'slide')}, {' '.join(inside)}"
    ]
    kept = [file.stated.name for file, tiles in slides if tiles.label is not None and _own_label(file)]
    if kept:
        notes.append(
            f"{counted(len(kept), 'slide')} with both a label and an annotation: tiles inside the annotated areas have the slide's label, such as those of {kept[0]!r:.60}"
        )
    whole = [file.stated.name for file in files if file.kind == "image"]
    if whole and options.tile_um is None:
        notes.append(
            f"{counted(len(whole), 'image')} taken whole beside slides that are cut, such as {whole[0]!r:.60}; --tile-um cuts every slide, however small"
        )
    left_out = sum((tiles.counts for _, tiles in slides), Counter[str]())
    notes += [f"left out: {number:,} {what}" for what, number in left_out.items() if number]
    empty = [file.stated.name for file, tiles in slides if not len(tiles)]
    if empty:
        notes.append(f"no tile is taken of {counted(len(empty), 'slide')}: {first_few(empty)}")
    return notes


def _own_label(file: ListedFile) -> str:
    """Return the label that was said of a file, empty where none was."""
    label = file.stated.said.get("label", "").strip()
    return "" if label.lower() in MISSING_LABELS else label


def _frames(files: Sequence[ListedFile]) -> IndexArray:
    each = [
        np.arange(file.count) if file.dicom is not None else np.full(file.count, -1, dtype=np.intp)
        for file in files
    ]
    return np.concatenate(each).astype(np.intp)


def _labels(whole: TissueImages, files: Sequence[ListedFile]) -> np.ndarray | None:
    """Return each image's label: its file's, or else that of the area it lies in."""
    annotated = any(file.tiles is not None and file.tiles.label is not None for file in files)
    if not annotated:
        return whole.label
    labels = [
        [own] * file.count if (own := _own_label(file)) or file.tiles is None or file.tiles.label is None
        else list(file.tiles.label)
        for file in files
    ]  # fmt: skip
    return text_array([label for each in labels for label in each])


def _corners(whole: TissueImages, files: Sequence[ListedFile], rows: IndexArray) -> FloatArray | None:
    if not any(file.tiles is not None for file in files):
        return whole.position
    position = np.full((len(rows), 2), np.nan) if whole.position is None else whole.position.copy()
    for number, file in enumerate(files):
        if file.tiles is not None:
            position[rows == number] = file.tiles.corner
    return position


def _um(file: ListedFile) -> float:
    """Return µm per pixel of a slide's tiles as they are read, NaN of other files."""
    return np.nan if file.tiles is None else file.tiles.um_per_pixel * file.tiles.side / TILE_PIXELS


def _of_tiles(
    stated: FloatArray | None, files: Sequence[ListedFile], rows: IndexArray, values: list[float]
) -> FloatArray | None:
    """Return what was stated of files, and of slides' tiles what follows from their cut."""
    if not any(file.tiles is not None for file in files):
        return stated
    before = np.full(len(rows), np.nan) if stated is None else stated
    own = np.array(values)[rows]
    return np.where(np.isnan(own), before, own)
