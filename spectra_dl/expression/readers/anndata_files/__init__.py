"""AnnData files of sections, as scanpy, squidpy and HEST write them."""
