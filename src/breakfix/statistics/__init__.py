"""Rates, intervals, paired tests and gate rules: pure functions without I/O."""
