"""How spectra are cleaned, as a user chooses it; importing this loads nothing heavy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from spectra_dl.plugins import foreign_code, load_plugin
from spectra_dl.spectra.preprocessing.ray_threshold import THRESHOLD

if TYPE_CHECKING:
    from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
    from spectra_dl.spectra.preprocessing.steps import Baseline, Step

Normalisation = Literal["snv", "vector", "area", "minmax", "emsc", "none"]
Negatives = Literal["keep", "clip"]


@dataclass(frozen=True)
class CleaningSettings:
    """The default cleaning steps with the choices a user has.

    Attributes
    ----------
    crop
        Lowest and highest wavenumber used, in cm⁻¹; None uses all.
    baseline
        Baseline method by name, or ``"none"``.
    lam
        The baseline's smoothing parameter; ``"auto"`` chooses it on the spectra the steps are fitted to.
    normalise
        How levels are made comparable.
    negatives
        What happens to points below the baseline.
    despike
        Height over the noise's standard deviation from which a narrow spike is a cosmic ray, 3 to 1,000; ``"none"`` removes none.
    step
        Steps of plugins, as ``plugin:NAME``, with their default settings; each stands after the others of its stage.
    """

    crop: tuple[float, float] | None = None
    baseline: str = "asls"
    lam: float | str = "auto"
    normalise: Normalisation = "snv"
    negatives: Negatives = "keep"
    despike: float | str = THRESHOLD
    step: tuple[str, ...] = ()

    def preprocessing(self) -> "Preprocessing":
        """Return the ordered steps.

        Raises
        ------
        UsageError
            There is no such method or plugin, or a value is impossible.
        """
        from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
        from spectra_dl.spectra.preprocessing.steps import Baseline, Crop, Despike, Normalise

        steps: list[Step] = [Crop(*self.crop)] if self.crop else []
        for step in Preprocessing.default().steps:
            if isinstance(step, Baseline):
                steps += self._baseline(step)
            elif isinstance(step, Normalise):
                steps += self._normalisation()
            elif isinstance(step, Despike):
                steps += self._despiking()
            else:
                steps.append(step)
        steps += map(_plugin_step, self.step)
        return Preprocessing(tuple(sorted(steps, key=lambda step: step.stage)))

    def _baseline(self, usual: "Baseline") -> "list[Step]":
        from spectra_dl.spectra.baseline.methods import WHITTAKER_METHODS
        from spectra_dl.spectra.preprocessing.steps import Baseline

        if self.baseline == "none":
            return []
        kept = [
            (name, value)
            for name, value in usual.parameters
            if name != "lam" and self.baseline == usual.method
        ]
        smoothing = [("lam", self.lam)] if self.baseline in WHITTAKER_METHODS or self.lam != "auto" else []
        return [Baseline(self.baseline, (*smoothing, *kept), self.negatives)]

    def _despiking(self) -> "list[Step]":
        from spectra_dl.spectra.preprocessing.despike import ray_step

        step = ray_step(self.despike)
        return [] if step is None else [step]

    def _normalisation(self) -> "list[Step]":
        from spectra_dl.spectra.preprocessing.steps import EMSC, Normalise

        if self.normalise == "none":
            return []
        return [EMSC() if self.normalise == "emsc" else Normalise(self.normalise)]


def _plugin_step(name: str) -> "Step":
    kind = load_plugin("steps", name)
    with foreign_code("steps", name):
        step: Step = kind()
    return step
