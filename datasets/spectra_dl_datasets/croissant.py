"""A dataset's card as Croissant metadata: what registries of datasets read.

Croissant 1.0 of MLCommons, JSON-LD over schema.org (http://mlcommons.org/croissant/1.0), with known confounds as biases of its
vocabulary for responsible AI. What a card doesn't know is left out.
"""

import mimetypes
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from spectra_dl_datasets.card import UNSEEN, DataFile, DatasetCard

CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"
_CONTEXT: Final[Mapping[str, object]] = MappingProxyType(
    {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataBiases": "cr:dataBiases",
        "dataCollection": "cr:dataCollection",
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "extract": "cr:extract",
        "field": "cr:field",
        "fileObject": "cr:fileObject",
        "fileProperty": "cr:fileProperty",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "personalSensitiveInformation": "cr:personalSensitiveInformation",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    }
)


def croissant(card: DatasetCard) -> dict[str, object]:
    """Return a card as Croissant metadata, ready for JSON.

    Parameters
    ----------
    card
        Of the set.

    Returns
    -------
    dict
        JSON-LD. A file without an address stands with its path below the dataset's folder.

    Examples
    --------
    >>> from spectra_dl_datasets import dataset_card
    >>> croissant(dataset_card("fish_oil"))["name"]
    'fish_oil'
    """
    address = re.search(r"https?://[^\s,;)]+", card.address)
    found: dict[str, object] = {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": card.id,
        "description": f"{card.title}. {card.specimen}, {card.instrument} ({card.laser}). {card.allowed_use}",
        "license": card.licence,
        "citeAs": card.citation,
        "url": address[0] if address else None,
        "keywords": [card.modality, card.task, card.specimen],
        "rai:dataBiases": [f"{one.finding} ({one.figure}; {one.measured})" for one in card.confounds],
        "rai:dataUseCases": card.allowed_use,
        "distribution": [_file(one) for one in card.known_files if UNSEEN not in (one.sha256, one.size)],
        "recordSet": _classes(card),
    }
    return {key: value for key, value in found.items() if value not in (None, [])}


def _file(file: DataFile) -> dict[str, object]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.address or file.path,
        "contentSize": f"{file.size} B",
        "encodingFormat": _encoding(file.path),
        "sha256": file.sha256,
    }


def _encoding(path: str) -> str:
    kind, packed = mimetypes.guess_type(path)
    return "application/gzip" if packed == "gzip" else kind or "application/octet-stream"


def _classes(card: DatasetCard) -> list[dict[str, object]]:
    """Return the classes with their counts, as records that stand in the metadata themselves."""
    if isinstance(card.classes, str):
        return []
    kinds = {"name": "sc:Text", "patients": "sc:Text", "items": "sc:Text"}
    return [
        {
            "@type": "cr:RecordSet",
            "@id": "classes",
            "name": "classes",
            "description": "Classes with their patients, and their spectra or tiles.",
            "key": {"@id": "classes/name"},
            "field": [
                {"@type": "cr:Field", "@id": f"classes/{name}", "name": name, "dataType": kind}
                for name, kind in kinds.items()
            ],
            "data": [
                {
                    "classes/name": one.name,
                    "classes/patients": str(one.patients),
                    "classes/items": str(one.items),
                }
                for one in card.classes
            ],
        }
    ]
