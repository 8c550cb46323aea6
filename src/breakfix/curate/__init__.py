"""Stage 1: vulnerabilities and sources become a training mix."""
