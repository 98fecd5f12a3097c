"""Every reader by name."""

from fuzzing.annotated import ANNOTATED
from fuzzing.models import MODELS
from fuzzing.sections import SECTIONS
from fuzzing.spectra import SPECTRA
from fuzzing.statements import STATEMENTS
from fuzzing.tenx import TENX

TARGETS = {target.name: target for target in (*SPECTRA, *SECTIONS, *TENX, *MODELS, *STATEMENTS, *ANNOTATED)}
