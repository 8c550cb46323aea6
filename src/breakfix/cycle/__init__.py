"""The loop: the five stages in order, rounds, the gate, resume and lineage."""
