"""Search that learns: attacks that are values, and become others by what they saw."""
