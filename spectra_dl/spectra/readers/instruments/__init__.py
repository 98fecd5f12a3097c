"""Files as instruments write them: recognised by their content, validated block by block, then read."""
