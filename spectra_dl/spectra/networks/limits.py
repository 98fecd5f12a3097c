"""How large a network may be asked for, checked before anything is allocated."""

from spectra_dl.errors import DataError

MIN_WAVENUMBERS = 16
MAX_WAVENUMBERS = 65_536
MAX_CLASSES = 1000
MAX_PARAMETERS = 200_000_000


def check_sizes(n_wavenumbers: int, n_classes: int) -> None:
    """Refuse spectra and class numbers for which no network here is meant.

    Parameters
    ----------
    n_wavenumbers
        Points of each spectrum, 16 to 65,536.
    n_classes
        Classes, 2 to 1000.

    Raises
    ------
    DataError
        Fewer than 16 or more than 65,536 wavenumbers, fewer than 2 or more than 1000 classes.
    """
    if not MIN_WAVENUMBERS <= n_wavenumbers <= MAX_WAVENUMBERS:
        raise DataError(
            f"spectra of {n_wavenumbers} wavenumbers: a network needs {MIN_WAVENUMBERS} to {MAX_WAVENUMBERS:,}; "
            "crop or resample them"
        )
    if not 2 <= n_classes <= MAX_CLASSES:
        raise DataError(
            f"{n_classes} classes: a network separates 2 to {MAX_CLASSES}; check the column of labels"
        )
