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
        Standardizer("person_names", 1, "person_name", "parts and order-independent keys of personal names"),
        Standardizer("organization_names", 1, "organization_name", "legal form, core, trade name, branch"),
        Standardizer("party_types", 1, "party_type", "person or organization, guessed from the name"),
        Standardizer("phones", 1, "phone", "E.164 numbers with extension and kind"),
        Standardizer("emails", 1, "email", "canonical addresses with key and flags"),
        Standardizer("identifiers", 1, "identifier", "scheme, canonical value, check digits"),
        Standardizer("addresses", 1, "address", "parts, division code and key of postal addresses"),
        Standardizer("dates", 1, "date", "dates with precision and placeholders"),
        Standardizer("countries", 1, "country", "ISO alpha-2 codes"),
    )
}


def fingerprint() -> str:
    """Return a hash over the names and versions of all standardizers."""
    versions = "\n".join(f"{name}={STANDARDIZERS[name].version}" for name in sorted(STANDARDIZERS))
    return hashlib.sha256(versions.encode()).hexdigest()[:16]
