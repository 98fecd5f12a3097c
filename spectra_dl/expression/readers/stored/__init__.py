"""Files of groups and arrays, HDF5 or zarr, walked over in one way."""
