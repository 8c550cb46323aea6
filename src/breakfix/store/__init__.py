"""The run folder: manifests, append-only rows, tables, random streams."""
