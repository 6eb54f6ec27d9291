"""Onboarding: a new source from the first look to the day before it goes live.

In: a database, a folder of files or a shipped template; the company's configuration and its published file. Out: a
YAML file for `sources/`, and a report of what would happen. Invariant: neither hub nor source is written; a secret
never reaches a file or a message. Does not belong here: taking the source (landing does), standardizing.
"""
