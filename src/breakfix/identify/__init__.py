"""Stage 5: verdicts become vulnerabilities."""
