"""Draw the report of `spectra-dl evaluate spectra --out`: patient AUC with its interval, and the leaky estimate of a split by spectrum.

Run: ``python benchmarks/accuracy/inflation_figure.py runs/saliva/report.json docs/figures/saliva.svg "title"``. Needs matplotlib.
"""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

PATIENT, LEAKY, PROBE = "#1b4965", "#d1495b", "#8d99ae"


def main() -> None:
    """Read a report, draw it, write an SVG that is the same bytes each time."""
    report, target, title = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    results = json.loads(report.read_text(encoding="utf-8"))["results"]
    models = results["models"]
    probes = [one for one in results["audit"]["findings"] if one["patient_auc"] and one["severity"] == "stop"]
    mpl.rcParams["svg.hashsalt"] = "spectra-dl"
    figure, axes = plt.subplots(figsize=(7.2, 0.42 * (len(models) + len(probes)) + 1.4), layout="constrained")
    for place, result in enumerate(reversed(models.values())):
        auc = result["patient_level"]["auc"]
        axes.plot([auc["low"], auc["high"]], [place, place], color=PATIENT, linewidth=2)
        axes.plot(
            auc["value"],
            place,
            "o",
            color=PATIENT,
            label="patients never trained on, 95 % interval" if place == 0 else None,
        )
        leaky = result["leaky_estimate"]
        if leaky:
            axes.plot(
                leaky["auc"],
                place,
                "x",
                color=LEAKY,
                label="leaky estimate, split by spectrum" if place == 0 else None,
            )
    for place, probe in enumerate(probes, start=len(models)):
        axes.plot(
            probe["patient_auc"]["value"],
            place,
            "D",
            color=PROBE,
            label="not biology at all" if place == len(models) else None,
        )
    names = [*reversed(models), *(f"{probe['name']} alone" for probe in probes)]
    axes.set_yticks(range(len(names)), names)
    axes.axvline(0.5, color="black", linewidth=0.5)
    axes.set(xlim=(0.3, 1.02), xlabel="AUC", title=title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", frameon=False, fontsize="small")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main()
