"""A run folder becomes one HTML page."""
