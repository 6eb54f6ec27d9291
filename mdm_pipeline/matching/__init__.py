"""Matching: which records are the same party."""
