"""Files that hold tables or arrays beside other things: workbooks, MATLAB files, HDF5 of other programs."""
