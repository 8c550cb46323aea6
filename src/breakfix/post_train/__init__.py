"""Stage 2: the mix becomes a checkpoint."""
