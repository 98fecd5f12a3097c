"""Which share is asked for: that of one class among two, as in necrotic / viable."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.wording import first_few
from spectra_dl.tissue.cohort import ImageCohort


@dataclass(frozen=True)
class ShareClasses:
    """A share: part / (part + rest); images of other classes count on neither side.

    Attributes
    ----------
    part, rest
        Two of the model's classes.
    """

    part: str
    rest: str

    @classmethod
    def of(cls, text: str, classes: Sequence[str]) -> "ShareClasses":
        """Return the share that a text such as ``necrotic/viable`` names.

        Parameters
        ----------
        text
            Two classes, parted by a slash.
        classes
            Those there are; one may hold a slash itself.

        Raises
        ------
        UsageError
            It names no two of the classes.

        Examples
        --------
        >>> ShareClasses.of("necrotic/viable", ["necrotic", "no tumour", "viable"])
        ShareClasses(part='necrotic', rest='viable')
        """
        cuts = [at for at, letter in enumerate(text) if letter == "/"]
        for at in cuts:
            part, rest = text[:at].strip(), text[at + 1 :].strip()
            if part in classes and rest in classes and part != rest:
                return cls(part, rest)
        raise UsageError(
            f"--share {text!r:.120}: name two classes parted by a slash, such as necrotic/viable; the classes are {first_few(classes)}"
        )

    def share_of(self, amounts: FloatArray, classes: Sequence[str]) -> FloatArray:
        """Return the share ``(...)`` in amounts ``(..., c)`` of the classes; NaN where there is neither.

        Parameters
        ----------
        amounts
            Counts or shares, 0 or more.
        classes
            In the order of the columns.
        """
        part, rest = (amounts[..., classes.index(name)] for name in (self.part, self.rest))
        both = np.asarray(part + rest, dtype=np.float64)
        share: FloatArray = np.divide(part, both, out=np.full(both.shape, np.nan), where=both > 0)
        return share


def class_numbers(names: Texts, classes: Sequence[str]) -> IndexArray:
    """Return the number ``(n,)`` of each image's class; -1 where it has none.

    Parameters
    ----------
    names
        ``(n,)`` decided classes; empty where there is none.
    classes
        In the order of their numbers.
    """
    number = {name: at for at, name in enumerate(classes)} | {"": -1}
    return np.array([number[name] for name in names], dtype=np.intp)


def cohort_share(cohort: ImageCohort, text: str) -> ShareClasses:
    """Return the share that a text names among the classes of images.

    Parameters
    ----------
    cohort
        Whose classes they are.
    text
        As for `ShareClasses.of`.

    Raises
    ------
    UsageError
        Classes are of patients, or it names no two of them.
    """
    if read_patients(cohort.patient, cohort.label).cluster is None:
        raise UsageError(
            "--share: a share is of images of two classes, and here every patient has one class; leave it out, or say --label-per-sample where images have their own"
        )
    return ShareClasses.of(text, sorted(set(cohort.label)))
