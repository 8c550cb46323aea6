"""What the TRL trainer is made of; loads torch, transformers, trl and peft inside functions only."""
