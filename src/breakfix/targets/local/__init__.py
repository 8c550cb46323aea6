"""A language model on this machine: found, checked, loaded, asked and scored."""
