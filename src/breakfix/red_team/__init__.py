"""Stage 4: attacks on goals become attempts and verdicts."""
