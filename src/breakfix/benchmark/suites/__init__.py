"""Suites: one plug-in file each."""
