"""Models: one plug-in file each, plus what they share."""
