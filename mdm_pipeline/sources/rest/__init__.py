"""Web services, read as their YAML file says.

In: a source of kind `rest`. Out: a `RestReader`, whose deliveries hold the service's own text. Invariant: nothing
secret in any log, error, repr or exception chain; a list that moved while it was walked is walked again, never taken
with holes. Does not belong here: any particular system (those are the YAML files in `config/templates`).
"""
