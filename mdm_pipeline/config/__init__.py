"""Configuration of one company: pydantic models per stage and a loader whose errors name file, line and path.

In: a folder of YAML files. Out: a frozen `CompanyConfig`. Invariant: what loads is complete and
consistent; secrets come
only from environment variables. Does not belong here: anything that opens a hub or a source.
"""
