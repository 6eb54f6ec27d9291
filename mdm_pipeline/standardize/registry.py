"""What standardizes what, and in which version.

In: nothing. Out: the list of standardizers and one fingerprint over them.
Invariant: a change of behavior raises the version of its standardizer, so that stored values are made anew.
Does not belong here: which column of a source is of which kind (configuration).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Standardizer:
    """One standardizer: `version` rises with every change of its output, `kind` is the attribute it reads."""

    name: str
    version: int
    kind: str
    doc: str


STANDARDIZERS: dict[str, Standardizer] = {
    standardizer.name: standardizer
    for standardizer in (
        Standardizer("text", 1, "text", "cleaned and folded text, script, pinyin, placeholders"),
        Standardizer(
            "person_names", 2, "person_name", "parts, marks, further names and order-independent keys of persons"
        ),
        Standardizer("organization_names", 2, "organization_name", "legal form, parts, branch and head, further names"),
        Standardizer("party_types", 2, "party_type", "person or organization, guessed from the name"),
        Standardizer("phones", 1, "phone", "E.164 numbers with extension and kind"),
        Standardizer("emails", 1, "email", "canonical addresses with key and flags"),
        Standardizer("identifiers", 1, "identifier", "scheme, canonical value, check digits"),
        Standardizer("addresses", 2, "address", "parts down to the room, division code and key of postal addresses"),
        Standardizer("dates", 1, "date", "dates with precision and placeholders"),
        Standardizer("countries", 2, "country", "ISO alpha-2 codes"),
    )
}


def fingerprint() -> str:
    """Return a hash over the names and versions of all standardizers."""
    versions = "\n".join(f"{name}={STANDARDIZERS[name].version}" for name in sorted(STANDARDIZERS))
    return hashlib.sha256(versions.encode()).hexdigest()[:16]
