"""Refusal and severity: one plug-in file each, plus what they share."""

from breakfix.judges._agreement import agreement

__all__ = ["agreement"]
