"""The parts of the table, in the order of the page, and why each is guarded."""

from refusals import (
    damaged_rows,
    hdf5,
    images,
    models,
    outputs,
    run,
    spectra_files,
    stated_words,
    tables,
    tissue,
)
from refusals.row import Row

SECTIONS = {
    "A": (
        "Spectra files",
        "Instruments and spreadsheets write the same table in many ways. What can be read without a doubt is read, and every guess is "
        "noted. Where two readings are possible the file is refused, since a wrong one would give wrong numbers without anyone "
        "noticing. A damaged spectrum never costs the others their result, and none is dropped, moved or given to another id.",
    ),
    "B": (
        "Models, settings and archives",
        "A model file from elsewhere is a stranger's file. Kinds that can run code when they are loaded are never loaded, archives are "
        "never unpacked, and a digest over the whole file notices every flipped bit. What a description claims is checked before "
        "memory is set aside for it.",
    ),
    "C": (
        "HDF5",
        "An HDF5 file can point into other files of your computer and claim more than it holds. Each step to each dataset is checked "
        "before a value is read.",
    ),
    "D": (
        "Gene expression (.h5ad)",
        "Counts, names and places must belong together, spot by spot. A count that is no count or a spot off the image would still "
        "give a map, and nobody would see that it is wrong.",
    ),
    "E": (
        "Images and slides",
        "An image of a few MB can ask for hundreds of GB, and one cut short can be decoded half grey. The size is checked before "
        "decoding, and a part of an image is never scored as the whole.",
    ),
    "F": (
        "Where results go",
        "Results never replace anything you did not name, and no file has its name before it is whole.",
    ),
    "G": (
        "The machine and the training",
        "Disks fill, jobs are killed and commands are started twice. What was finished stays finished, and the same inputs give the "
        "same bytes.",
    ),
    "H": (
        "Leaks",
        "A patient on both sides of a split makes any model look good. Everything that is fitted is fitted inside the fold.",
    ),
    "I": (
        "Images with classes",
        "Class and patient of an image decide every score. What a sheet or a name says of it is checked before anything is computed, and one image is "
        "never counted for two classes or two patients.",
    ),
}
_MODULES = (
    tables,
    stated_words,
    damaged_rows,
    spectra_files,
    models,
    hdf5,
    tissue,
    images,
    outputs,
    run,
)
ROWS: tuple[Row, ...] = tuple(
    row for letter in SECTIONS for module in _MODULES for row in module.ROWS if row.section == letter
)
