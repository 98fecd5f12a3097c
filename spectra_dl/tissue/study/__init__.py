"""The workflows on images of tissue, one function each: the command line, benchmarks and notebooks call the same."""
