"""What checks ask about, in words: classes, or the halves of the patients by what came of them."""

from dataclasses import dataclass

_LONGEST = 60


@dataclass(frozen=True)
class Asked:
    """Words of a study of classes, unless others are given.

    Attributes
    ----------
    it
        What is predicted.
    some, each
        Groups that are compared.

    Examples
    --------
    >>> Asked.of_outcome("months to relapse").some
    'one half of the patients by months to relapse'
    """

    it: str = "the class"
    some: str = "some classes"
    each: str = "each class"

    @classmethod
    def of_outcome(cls, name: str) -> "Asked":
        """Return the words of a study of a number, or of the time to an event, which is asked about by halves of the patients.

        Parameters
        ----------
        name
            Of the number, or of what is predicted.
        """
        name = name[:_LONGEST]
        return cls(name, f"one half of the patients by {name}", f"each half of the patients by {name}")


OF_CLASSES = Asked()
