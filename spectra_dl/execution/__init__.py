"""Where jobs run: in this process, in several, or on a cluster; what they leave in the run's journal; what the log says of them."""
