"""Code that is compiled while the program runs, for the processor it runs on."""
