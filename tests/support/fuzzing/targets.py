"""Every reader by name."""

from fuzzing.models import MODELS
from fuzzing.sections import SECTIONS
from fuzzing.spectra import SPECTRA

TARGETS = {target.name: target for target in (*SPECTRA, *SECTIONS, *MODELS)}
