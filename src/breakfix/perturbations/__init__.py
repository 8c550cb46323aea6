"""The perturbations of AdvGLUE (arXiv 2111.02840): how a text is changed so that people read the same in it.

Pure functions on text, for attacks and for suites. `methods.py` is the table of what is faithful and what is `-like`.
"""
