"""PyRIT's converters, templates, seed sets and strategies, run against our targets (extra `pyrit`).

PyRIT is imported by `api` and, for its converters, by `converters`, nowhere else. `shipped` reads the texts in its
wheel without importing it; `stepping` makes a dialogue of any coroutine that asks models and knows nothing of PyRIT.
"""
