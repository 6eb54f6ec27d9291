"""Operations: looks at a home from outside and says what a person has to do.

In: a home and a configuration. Out: findings. Invariant: looking changes nothing.
Does not belong here: stages, and anything that Dagster does.
"""
