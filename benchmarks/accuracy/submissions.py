"""Submissions to the leaderboard: made from a run, checked, added, and written on the page.

::

    python benchmarks/accuracy/submissions.py make RUN --dataset NAME --model NAME --words "What it is" --by NAME --out mine.json
    python benchmarks/accuracy/submissions.py add mine.json
    python benchmarks/accuracy/submissions.py reference RUN --dataset NAME [--best .93]

``make`` takes a model's figures from a run's report.json. ``add`` checks the file, keeps it in ``submitted`` and writes the page's section
anew. A submission counts on the split it was made on and no other, which the SHA-256 of folds.csv says; ``reference``, for whoever keeps
the leaderboard, sets that split with the audit's verdict from a run. The best score that any method can reach on a simulated set is computed
from what it is drawn from.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.storage.atomic import write_text
from spectra_dl.storage.text.json_text import json_text
from spectra_dl_datasets import dataset_card, dataset_names
from spectra_dl_datasets.registry import known_best

ROOT = Path(__file__).resolve().parents[2]
KEPT, PAGE = Path(__file__).with_name("submitted"), ROOT / "docs" / "leaderboard.md"
HEADING = "## Submitted"
LARGEST = 65_536
KINDS = {"classes": "auc", "outcomes": "r2", "expression": "pearson"}  # what is ranked, of patients
TITLES = {"auc": "area under the ROC curve", "r2": "R2", "pearson": "Pearson correlation, mean over genes"}
VERDICTS = {"stop": "STOP", "warn": "look first", "fine": "nothing found"}
INTRODUCTION = f"""{HEADING}

Figures that others hand in, and ours on sets that stand in no table above, each on one named split: its SHA-256 is that of folds.csv, and a submission on another split is refused. How to: [submit](leaderboard_submit.md). The audit's verdict
stands first, since where it is STOP something other than biology can produce these figures. What was kept out of training only who submits can say."""

Text = Annotated[str, Field(min_length=1, max_length=80)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Verdict = Literal["fine", "warn", "stop"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _plain(cls, value: object) -> object:
        if isinstance(value, str) and not (value.isprintable() and not set(value) & set("<>|[]`\\")):
            raise ValueError("text without line breaks, invisible signs and any of < > | [ ] ` \\ is needed")
        return value


class Score(_Closed):
    """A figure of patients with its 95 % interval."""

    value: Annotated[float, Field(ge=-1, le=1)]
    low: Annotated[float, Field(ge=-1e6, le=1)]
    high: Annotated[float, Field(ge=-1, le=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("the figure does not lie in its interval")
        return self


class Submission(_Closed):
    """What is handed in: a model in words, its score and what it was reached on; no weights, no data."""

    format: Literal["spectra-dl leaderboard 1"]
    dataset: Text
    kind: Literal["classes", "outcomes", "expression"]
    model: Text
    words: Annotated[str, Field(min_length=20, max_length=1000)]
    by: Text
    score: Score
    patients: Annotated[int, Field(ge=2, le=1_000_000)]
    split_sha256: Hash
    audit: Verdict
    version: Annotated[str, Field(pattern=r"^\d{1,4}(\.\d{1,4}){1,3}$")]


class Reference(_Closed):
    """The split of a set on which submissions count, and what is known of the set."""

    kind: Literal["classes", "outcomes", "expression"]
    patients: int
    split_sha256: Hash
    audit: Verdict
    findings: Annotated[tuple[str, ...], Field(strict=False)] = ()
    best: float | None = None
    best_of_these: float | None = None
    who: Text = "patients"


def read_submission(path: Path) -> Submission:
    """Read and check a submission.

    Raises
    ------
    DataError
        It is too large, no JSON, or breaks the schema.
    """
    found = _read_json(path)
    try:
        return Submission.model_validate(found)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise DataError(
            f"{path.name}: {place:.80}: {first['msg']:.150}; correct it as docs/leaderboard_submit.md says"
        ) from err


def _read_json(path: Path) -> Any:
    if not path.is_file():
        raise DataError(f"{path.name}: no such file; check the path")
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise DataError(
            f"{path.name}: more than {LARGEST:,} bytes; a submission holds no weights and no predictions"
        )
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as err:
        raise DataError(
            f"{path.name}: can't be read as JSON ({str(err)[:100]}); make it with submissions.py make"
        ) from err


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def references(kept: Path) -> dict[str, Reference]:
    """Return the splits on which submissions count, by set."""
    path = kept / "references.json"
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: Reference.model_validate(one) for name, one in found.items()}


def submitted(kept: Path) -> list[Submission]:
    """Return every submission that is kept."""
    return [read_submission(path) for path in sorted(kept.glob("*--*.json"))]


def add(path: Path, kept: Path) -> Path:
    """Check a submission against the set it is of, and keep it.

    Raises
    ------
    DataError
        It is of another split, set or audit, or the set has one of that name.
    """
    one = read_submission(path)
    known = references(kept).get(one.dataset)
    if known is None:
        raise DataError(
            f"{path.name}: no split is set for {one.dataset!r}; choose one of {', '.join(references(kept))}"
        )
    for what in ("kind", "split_sha256", "patients", "audit"):
        theirs, ours = getattr(one, what), getattr(known, what)
        if theirs != ours:
            raise DataError(
                f"{path.name}: {what} is {theirs} and that of {one.dataset} is {ours}; figures of another split can't be compared: "
                "evaluate with --folds-from on the set's folds.csv"
            )
    name = re.sub(r"[^a-z0-9]+", "-", one.model.lower()).strip("-")
    whose = hashlib.sha256(f"{one.model}\n{one.by}".encode()).hexdigest()[:8]
    target = kept / f"{one.dataset}--{one.split_sha256[:12]}--{name}-{whose}.json"
    if target.exists() and read_submission(target) != one:
        raise DataError(
            f"{path.name}: {one.dataset} has another submission of {one.model!r} by {one.by!r}; give the model a name of its own"
        )
    write_text(target, json_text(one.model_dump(mode="json")))
    return target


def section(kept: Path) -> str:
    """Return the page's section, sets without a stop first, scores of patients in descending order."""
    known, found = references(kept), submitted(kept)
    order = sorted(known, key=lambda name: (known[name].audit == "stop", name))
    return "\n\n".join([INTRODUCTION, *(_set(name, known[name], found) for name in order)]) + "\n"


def _set(name: str, known: Reference, found: Sequence[Submission]) -> str:
    rows = sorted(
        (one for one in found if one.dataset == name), key=lambda one: (-one.score.value, one.model)
    )
    title = TITLES[KINDS[known.kind]]
    lines = [
        f"### {name}, submitted",
        f"Audit: {VERDICTS[known.audit]}. {known.patients} {_shown(known.who)}; split `{known.split_sha256[:12]}`."
        + ("" if known.best is None else f" The best that can be known: {known.best:.3f}.")
        + _of_these(known),
        *_made_by(name),
        *(f"> {text}" for text in known.findings),
    ]
    table = [f"| model | {title} [95 %] | what it is | by | version |", "| --- | --- | --- | --- | --- |"]
    table += [
        f"| {_shown(one.model)} | {one.score.value:.3f} [{one.score.low:.3f}, {one.score.high:.3f}] | {_shown(one.words)} | {_shown(one.by)} | {one.version} |"
        for one in rows
    ]
    return "\n\n".join([*lines, "\n".join(table) if rows else "Nothing was submitted yet."])


def _of_these(known: Reference) -> str:
    if known.best_of_these is None:
        return ""
    return f" The true likelihood ratio, which no method exceeds in the long run, reaches {known.best_of_these:.3f} on these very patients."


def _made_by(name: str) -> list[str]:
    command = dataset_card(name).command
    return (
        [f"Simulated, nothing in it is real; its name stands for what `{command}` writes."] if command else []
    )


def _shown(text: str) -> str:
    return re.sub(r"([*_#~])", r"\\\1", text)


def with_section(page: str, kept: Path) -> str:
    """Return the leaderboard's page with this section at its end."""
    return page.partition(f"\n{HEADING}\n")[0].rstrip("\n") + "\n\n" + section(kept)


def _report(run: Path) -> dict[str, Any]:
    path = run / "report.json"
    if not path.is_file():
        raise DataError(f"{run}: no report.json; give the folder of an evaluate run")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _kind(results: dict[str, Any]) -> str:
    return results["kind"] if results["kind"] in KINDS else "expression"


def _patients(results: dict[str, Any]) -> int:
    # Where a patient may carry several classes, it stands once in each; where sections are left out, they are what is counted.
    data = results["data"]
    if results["settings"].get("group") == "section":
        return len(data["sections"])
    return int(data.get("subjects", data["patients"]))


def make(run: Path, dataset: str, model: str, words: str, by: str) -> Submission:
    """Return a model of a run as a submission.

    Raises
    ------
    DataError
        The run has no such model, or what is said of it can't stand on a page.
    """
    report = _report(run)
    results = report["results"]
    if model not in results["models"]:
        raise DataError(f"{run}: no model {model!r}; it has {', '.join(results['models'])}")
    kind = _kind(results)
    figures = results["models"][model]
    figure = figures.get("patient_level", figures)[KINDS[kind]]
    try:
        return Submission.model_validate(
            {
                "format": "spectra-dl leaderboard 1",
                "dataset": dataset,
                "kind": kind,
                "model": model,
                "words": words,
                "by": by,
                "score": {part: figure[part] for part in ("value", "low", "high")},
                "patients": _patients(results),
                "split_sha256": results["split"]["sha256"],
                "audit": results["audit"]["severity"],
                "version": report["versions"]["spectra-dl"],
            }
        )
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        raise DataError(f"{'.'.join(map(str, first['loc']))}: {first['msg']:.200}; say it otherwise") from err


def set_reference(
    run: Path, dataset: str, kept: Path, *, best: float | None = None, who: str = "patients"
) -> None:
    """Keep a run's split and audit as those on which submissions to a set count."""
    results = _report(run)["results"]
    known = known_best(dataset)
    if known is not None and best is not None:
        raise DataError(
            f"{dataset}: what can be known at most is computed of a simulated set; leave --best out"
        )
    findings = [one["sentence"] for one in results["audit"]["findings"] if one["severity"] != "fine"]
    one = Reference(
        kind=_kind(results),
        patients=_patients(results),
        split_sha256=results["split"]["sha256"],
        audit=results["audit"]["severity"],
        findings=tuple(findings[:4]),
        best=best if known is None else known.of_all,
        best_of_these=None if known is None else known.of_these,
        who=who,
    )
    found = {**references(kept), dataset: one}
    write_text(
        kept / "references.json",
        json_text({name: found[name].model_dump(mode="json") for name in sorted(found)}),
    )


def main(words: Sequence[str] | None = None) -> None:
    """Make, add or set."""
    arguments = _arguments(words)
    try:
        if arguments.what == "make":
            one = make(arguments.run, arguments.dataset, arguments.model, arguments.words, arguments.by)
            write_text(arguments.out, json_text(one.model_dump(mode="json")))
            print(f"wrote {arguments.out}")
            return
        if arguments.what == "reference":
            set_reference(
                arguments.run, arguments.dataset, arguments.kept, best=arguments.best, who=arguments.who
            )
        else:
            print(f"kept as {add(arguments.file, arguments.kept).name}")
        write_text(arguments.page, with_section(arguments.page.read_text("utf-8"), arguments.kept))
        print(f"wrote {arguments.page}")
    except SpectraDLError as err:
        sys.exit(f"error: {err}")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="what", required=True)
    making, adding, setting = (parts.add_parser(name) for name in ("make", "add", "reference"))
    adding.add_argument("file", type=Path)
    for one in (making, setting):
        one.add_argument("run", type=Path)
        one.add_argument("--dataset", required=True, choices=dataset_names())
    for name in ("--model", "--words", "--by"):
        making.add_argument(name, required=True)
    making.add_argument("--out", type=Path, required=True)
    setting.add_argument("--best", type=float, help="what can be known at most")
    setting.add_argument("--who", default="patients", help="what stands in the patients' place")
    for one in (adding, setting):
        one.add_argument("--kept", type=Path, default=KEPT)
        one.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
