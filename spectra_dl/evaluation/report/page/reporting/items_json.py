"""The reporting list as a file for other programs."""

from collections.abc import Mapping

from spectra_dl.evaluation.report.page.reporting.answers import Answer, answers
from spectra_dl.evaluation.report.page.study import kind_of, read_study
from spectra_dl.storage.text.json_text import json_text

LISTS = {
    "number": "TRIPOD+AI, doi 10.1136/bmj-2023-078378",
    "stard_2015": "STARD 2015, doi 10.1136/bmj.h5527, which STARD-AI extends (doi 10.1038/s41591-025-03953-8)",
    "probast_2019": "signalling questions of PROBAST 2019, doi 10.7326/M18-1376, "
    "whose domains PROBAST+AI keeps (doi 10.1136/bmj-2024-082505)",
}
_WHERE: dict[str, tuple[str, ...]] = {
    "4": ("/results/settings",),
    "5a": ("/inputs",),
    "7": ("/notes", "/refused"),
    "8a": ("/results/data/patients_per_class",),
    "10": ("/results/data/patients",),
    "11": ("/refused",),
    "12a": ("/results/split", "/results/settings"),
    "12b": ("/command", "/results/context/methods"),
    "12c": ("/results/models",),
    "12d": ("/results/settings/split_by",),
    "12e": ("/results/context/methods", "/results/differences"),
    "12g": ("/versions",),
    "15": ("/results/models", "/results/settings/threshold_rule"),
    "18c": ("/protocol",),
    "18f": ("/versions",),
    "20a": ("/results/data/patients_per_class",),
    "20b": ("/results/data",),
    "21": ("/results/data/patients_per_class", "/results/split"),
    "23a": ("/results/models",),
    "23b": ("/results/models",),
    "26": ("/results/audit",),
}


def items_files(report: Mapping[str, object]) -> dict[str, str]:
    """Return ``items.json`` by name: the reporting list, each item with its answer and where in the report that comes from.

    Parameters
    ----------
    report
        All of ``report.json``, as ``json.load`` gives it.

    Returns
    -------
    files
        Empty for reports without classes, which have no such list. ``lists`` in the text says whose the numbers are; an item's ``where``
        holds JSON pointers (RFC 6901) into ``report.json``, none where nothing is reported.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    if kind_of(report) != "classes":
        return {}
    study = read_study(report)
    items = [_item(answer, _where(answer, study.results.context.answers)) for answer in answers(study)]
    return {"items.json": json_text({"lists": LISTS, "items": items})}


def _where(answer: Answer, of_the_modality: Mapping[str, object]) -> tuple[str, ...]:
    number = answer.item.number
    if answer.status == "not reported":
        return ()
    return (f"/results/context/answers/{number}",) if number in of_the_modality else _WHERE[number]


def _item(answer: Answer, where: tuple[str, ...]) -> dict[str, object]:
    item = answer.item
    return {
        "number": item.number,
        "stard_2015": _numbers(item.stard),
        "probast_2019": _numbers(item.probast),
        "section": item.section,
        "asks": item.asks,
        "status": answer.status,
        "answer": answer.text,
        "where": list(where),
    }


def _numbers(text: str) -> list[str]:
    return text.split(", ") if text else []
