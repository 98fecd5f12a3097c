"""What a person reads: help, colours, tables, and text that is safe for any terminal."""
