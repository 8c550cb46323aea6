"""Refusal and severity: one plug-in file each, plus what they share."""
