"""Stage 3: a checkpoint and suites become scores."""
