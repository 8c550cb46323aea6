"""Attacks: one plug-in file each."""
