"""Small DICOM files of radiographs, slices and scans, with the fields that name a person filled in."""

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

NAME, BORN, HOSPITAL = "Zzyzx^Quentina", "19480229", "Hospital of Xanadu"
DX, CAPTURE = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.5.1.4.1.1.7"


def dataset(stored, **fields):
    """A file of one ``(h, w)``, several ``(n, h, w)`` or coloured ``(h, w, 3)`` frames of whole numbers, with these fields more."""
    stored = np.asarray(stored)
    coloured = stored.ndim == 3 and stored.shape[-1] == 3
    file = Dataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = DX
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = "1.2.3.4"
    file.PatientName, file.PatientBirthDate, file.InstitutionName = NAME, BORN, HOSPITAL
    file.PatientID, file.Modality = "MRN-777", "DX"
    file.Manufacturer, file.ManufacturerModelName = "Acme", "Ray 2"
    bits = 8 * stored.dtype.itemsize
    file.Rows, file.Columns = stored.shape[:2] if coloured else stored.shape[-2:]
    if stored.ndim == 3 and not coloured:
        file.NumberOfFrames = len(stored)
    file.SamplesPerPixel = 3 if coloured else 1
    file.PhotometricInterpretation = "RGB" if coloured else "MONOCHROME2"
    if coloured:
        file.PlanarConfiguration = 0
    file.BitsAllocated = file.BitsStored = bits
    file.HighBit = bits - 1
    file.PixelRepresentation = int(stored.dtype.kind == "i")
    file.PixelData = stored.tobytes()
    file["PixelData"].VR = "OB" if bits == 8 else "OW"
    for name, value in fields.items():
        setattr(file, name, value)
    return file


def item(**fields):
    """A sequence of one item with these fields."""
    inside = Dataset()
    for name, value in fields.items():
        setattr(inside, name, value)
    return Sequence([inside])


def write_dicom(path, stored, **fields):
    dataset(stored, **fields).save_as(path, enforce_file_format=True)
    return path


def write_radiographs(folder, patients=8, side=64):
    """Radiographs whose class is a bright spot, with a sheet; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["path,patient,label"]
    for number in range(patients):
        random = np.random.default_rng(number)
        stored = random.normal(1000, 60, (side, side))
        if number % 2:
            stored[20:44, 20:44] += 900
        write_dicom(
            folder / f"{number}.dcm",
            stored.astype(np.int16),
            WindowCenter="1200",
            WindowWidth="1500",
            PatientID=f"MRN-{number}",
        )
        lines.append(f"{number}.dcm,P{number},{('benign', 'malignant')[number % 2]}")
    (folder / "radiographs.csv").write_text("\n".join(lines) + "\n")
    return folder / "radiographs.csv"
