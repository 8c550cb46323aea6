"""Trainers: one plug-in file each."""
