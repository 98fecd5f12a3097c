"""Files of formats that hold tables beside other things, written so that each part can be wrong."""
