"""What comes in broken and what the program does then: one table for the tests and for docs/refusals.md."""
