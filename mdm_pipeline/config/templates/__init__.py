"""Ready source configurations, to be copied into a company's `sources/` folder.

In: nothing. Out: YAML files of the grammar in `config/sources.py`, and short recipes below `recipes/`. Invariant: each
loads, and each file here (not the recipes) is proven against a local server that plays the service. Does not belong
here: code.
"""
