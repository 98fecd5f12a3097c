"""The workflows on tissue sections, one function each: the command line, benchmarks and notebooks call the same."""
