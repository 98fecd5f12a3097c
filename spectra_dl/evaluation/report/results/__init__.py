"""What evaluations of what comes of patients hand to a command, whatever their models look at."""
