"""What an instrument's file says its intensities are: a Raman intensity, or what another experiment measures."""

import re

# The names programs write, with the name that a message gives.
FOREIGN_QUANTITIES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"\b(?:{words})", re.IGNORECASE), name)
    for words, name in (
        (r"absorb|absorption|extinktion|a\.?u\.? \(absorb|吸光", "absorbance"),
        (r"transmi[ts]|透过|%t\b", "transmittance"),
        (r"reflect|reflex|反射", "reflectance"),
        (r"kubelka", "Kubelka-Munk"),
        (r"log ?\(? ?1 ?/ ?r", "log(1/R)"),
        (r"interferogram", "interferogram"),
    )
)


def foreign_quantity(text: str) -> str:
    """Return the name of a quantity that is no Raman intensity, "" where ``text`` names none.

    >>> foreign_quantity("Absorbance units"), foreign_quantity("% Transmission"), foreign_quantity("Counts")
    ('absorbance', 'transmittance', '')
    """
    return next((name for pattern, name in FOREIGN_QUANTITIES if pattern.search(text)), "")


def quantity_note(quantity: str, experiment: str = "") -> str:
    """Return the note that a file read as Raman spectra names something else.

    Parameters
    ----------
    quantity
        What the file calls its intensities.
    experiment
        What the file calls its experiment, "" if it leaves that open.

    Examples
    --------
    >>> quantity_note("absorbance")
    'the file calls its intensities absorbance; they were read as Raman intensities, check what was measured'
    """
    said = [f"its intensities {quantity}"] if quantity else []
    said += [f"its experiment {experiment}"] if experiment else []
    what = "they were read as Raman intensities" if quantity else "it was read as Raman"
    return f"the file calls {' and '.join(said)}; {what}, check what was measured"
