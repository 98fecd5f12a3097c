"""Kill evaluations and trainings at random moments, resume them, and compare all their files with those of an undisturbed run.

    python benchmarks/robustness/killed_runs.py --kills 20

``evaluate spectra`` of a simulated study, and ``train expression`` of simulated sections, each a real process that is killed with SIGKILL at a moment
drawn uniformly from the undisturbed run's time and then resumed with ``--resume`` (or begun anew, where it was killed before it
had finished anything). Every second run works in two processes before the kill, and in one after it. It ends with code 1 unless the
files of every resumed run are equal to the byte to the undisturbed run's.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table_files import write_table

COMMANDS = {
    "evaluate spectra": "evaluate spectra ../spectra.csv --label label --members 2 --epochs 3 --folds 3",
    "train expression": "train expression ../sections/sections.csv --encoder colour-texture --genes 12 --model ridge",
}


def main() -> int:
    """Run the trials, print a line for each and a sum, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20, help="of each command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(COMMANDS), help="one of the commands")
    asked = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_inputs(work)
        for name, words in COMMANDS.items():
            if asked.only not in (None, name):
                continue
            began = time.monotonic()
            run(work / "undisturbed", words)
            seconds = time.monotonic() - began
            wanted = written(work / "undisturbed")
            moments = random.Random(asked.seed)
            same = sum(
                trial(work, words, moments.uniform(0, seconds), wanted, jobs=1 + number % 2)
                for number in range(asked.kills)
            )
            print(
                f"{name}: {same} of {asked.kills} resumed runs wrote the undisturbed bytes ({seconds:.0f} s each)"
            )
            failed += asked.kills - same
            shutil.rmtree(work / "undisturbed")
    return 1 if failed else 0


def trial(work: Path, words: str, moment: float, wanted: dict[str, bytes], *, jobs: int) -> bool:
    """Kill a run at a moment, let it go on, and return whether its files are those wanted."""
    place = work / "killed"
    place.mkdir()
    with subprocess.Popen(
        command(words, "--jobs", str(jobs)), cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    finished = len(list(place.glob("out/journal/*.safetensors")))
    # Killed while it left, with all its files written, it had ended too.
    ended = (place / "out/report.json").exists() and not (place / "out/journal/run.json").exists()
    if not ended:
        run(place, words, *(["--resume"] if finished else []))
    same = written(place) == wanted
    killed = "had ended" if ended else f"{finished} jobs finished"
    print(
        f"  {moment:5.1f} s, {jobs} process(es): {killed}; {'same bytes' if same else 'OTHER BYTES'}",
        flush=True,
    )
    shutil.rmtree(place)
    return same


def run(place: Path, words: str, *more: str) -> None:
    """Run a command in its own folder."""
    place.mkdir(exist_ok=True)
    subprocess.run(command(words, *more), cwd=place, check=True, stdout=subprocess.DEVNULL)


def command(words: str, *more: str) -> list[str]:
    """Return the command line that starts spectra-dl, its results in ``out``."""
    return [sys.executable, "-m", "spectra_dl_cli", *words.split(), *more, "--out", "out", "--quiet"]


def written(place: Path) -> dict[str, bytes]:
    """Return the bytes of all files that a run has left."""
    files = (path for path in (place / "out").rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}


def write_inputs(folder: Path) -> None:
    """Write a study of spectra, and three sections with their sheet."""
    settings = StudySettings(patients=18, spectra_per_patient=2, n_wavenumbers=200)
    write_table(folder / "spectra.csv", simulate_study(settings).table)
    sections = folder / "sections"
    sections.mkdir()
    lines = ["path,patient,section"]
    for simulated in simulate_tissue(TissueSettings(patients=3, spots_per_side=10, genes=24)):
        path = write_legacy_st(sections, simulated.section)
        lines.append(f"{path.name},{simulated.section.patient},{simulated.section.name}")
    (sections / "sections.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
