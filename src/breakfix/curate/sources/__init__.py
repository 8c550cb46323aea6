"""Ready-made training data: one plug-in file each."""
