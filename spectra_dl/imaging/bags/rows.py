"""Images in bags as rows: a row per image for whoever looks at images, and a row per bag for whoever pools them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray, TextArray
from spectra_dl.errors import DataError

if TYPE_CHECKING:
    from spectra_dl.imaging.bags.batches import BagExamples

_IMAGES_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class Bags:
    """A row per bag; ``bags[rows]`` takes some of them.

    Attributes
    ----------
    values
        ``(n, d)`` float32 features of images; may lie on disk (`numpy.memmap`), from where a few rows at a time are read.
    name
        ``(m,)`` text.
    images
        The numbers of each bag's images in ``values``, one or more.

    Examples
    --------
    >>> bags = Bags(np.zeros((3, 2), np.float32), np.array(["a", "b"]), (np.array([0, 2]), np.array([1])))
    >>> len(bags), [len(images) for images in bags[np.array([1])].images]
    (2, [1])
    """

    values: NDArray[np.float32]
    name: TextArray
    images: tuple[IndexArray, ...]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: IndexArray) -> "Bags":
        return Bags(self.values, self.name[rows], tuple(self.images[row] for row in rows))

    def like_training(self, like: NDArray[np.bool_]) -> "Bags":
        """Return each bag with those of its images alone that are like the training images, and whole where none is.

        Parameters
        ----------
        like
            ``(n,)`` of the images in ``values``.

        Examples
        --------
        >>> bags = Bags(np.zeros((3, 2), np.float32), np.array(["a", "b"]), (np.array([0, 2]), np.array([1])))
        >>> [images.tolist() for images in bags.like_training(np.array([True, False, False])).images]
        [[0], [1]]
        """
        kept = (images[like[images]] for images in self.images)
        return replace(
            self,
            images=tuple(some if len(some) else every for some, every in zip(kept, self.images, strict=True)),
        )

    @property
    def width(self) -> int:
        """How many features an image has."""
        return int(self.values.shape[1])

    def blocks(self, bag: int) -> Iterator[NDArray[np.float32]]:
        """Yield the features ``(k, d)`` of a bag's images, a fixed number of images at a time."""
        images = self.images[bag]
        for start in range(0, len(images), _IMAGES_AT_ONCE):
            yield np.asarray(self.values[images[start : start + _IMAGES_AT_ONCE]], dtype=np.float32)

    def all_blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the features of all images, bag after bag."""
        for bag in range(len(self)):
            yield from self.blocks(bag)

    def examples(self, targets: NDArray[Any]) -> "BagExamples":
        """Return the bags with a target ``(m, ...)`` for each, as `spectra_dl.training` takes rows that are no array."""
        from spectra_dl.imaging.bags.batches import BagExamples

        return BagExamples(self, targets)


@dataclass(frozen=True, eq=False)
class BaggedFeatures:
    """A row per image, with the bag it is in; ``rows[index]`` takes some of them, and `numpy.asarray` gives their features alone.

    Attributes
    ----------
    values
        ``(n, d)`` float32 features of all images, in memory or on disk.
    bag
        ``(n,)`` text: the name of each image's bag.
    row
        ``(k,)`` numbers of the images that are meant; all of them if None.

    Raises
    ------
    DataError
        There is not one bag for each image.

    Examples
    --------
    >>> rows = BaggedFeatures(np.eye(3, dtype=np.float32), np.array(["a", "b", "a"], dtype=object))
    >>> list(rows.bags.name), rows.bag_of_row
    (['a', 'b'], array([0, 1, 0]))
    >>> np.asarray(rows[np.array([2])])
    array([[0., 0., 1.]], dtype=float32)
    """

    values: NDArray[np.float32]
    bag: TextArray
    row: IndexArray | None = None

    def __post_init__(self) -> None:
        if len(self.values) != len(self.bag):
            raise DataError(
                f"{len(self.values)} images in {len(self.bag)} places of bags; name one bag for each image"
            )

    def __len__(self) -> int:
        return len(self.values) if self.row is None else len(self.row)

    def __getitem__(self, rows: IndexArray) -> "BaggedFeatures":
        return replace(self, row=self._rows[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        values = self.values if self.row is None else self.values[self.row]
        return np.asarray(values, dtype=dtype)

    @property
    def shape(self) -> tuple[int, int]:
        """How many images and features there are."""
        return len(self), int(self.values.shape[1])

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """Of the features; scikit-learn would take them for others without it."""
        return self.values.dtype

    @property
    def bag_of_row(self) -> IndexArray:
        """``(k,)`` number of each image's bag in `bags`."""
        return self._numbered[1]

    @property
    def bags(self) -> Bags:
        """The bags by name, each with those of its images that are meant."""
        names, of_row = self._numbered
        order = np.argsort(of_row, kind="stable")
        ends = np.cumsum(np.bincount(of_row, minlength=len(names)))[:-1]
        return Bags(self.values, names, tuple(self._rows[images] for images in np.split(order, ends)))

    @property
    def _rows(self) -> IndexArray:
        return np.arange(len(self.values)) if self.row is None else self.row

    @property
    def _numbered(self) -> tuple[TextArray, IndexArray]:
        names, of_row = np.unique(self.bag[self._rows], return_inverse=True)
        return names, of_row.astype(np.intp)
