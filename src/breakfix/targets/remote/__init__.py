"""A language model behind an OpenAI-compatible server: what is sent, what comes back, and when to ask again."""
