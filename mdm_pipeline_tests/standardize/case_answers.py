"""What the standardizers of contact points, identifiers and dates answer to the hand-made cases.

Several answers to one cell are joined by ' | '; nothing is the empty text.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.standardize.dates import standardize_dates
from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline.standardize.identifiers import standardize_identifiers
from mdm_pipeline.standardize.phones import standardize_phones


def phone_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Columns e164, kind, extension, verdict."""
    read = standardize_phones(_texts(cases, "raw", "country"))
    verdict = (
        pl.when(pl.col("is_placeholder"))
        .then(pl.lit("placeholder"))
        .when(pl.col("is_valid"))
        .then(pl.lit("usable"))
        .otherwise(
            pl.col("reason").replace(
                {
                    "digits lost to scientific notation": "lost_digits",
                    "service number without international form": "service",
                    "no phone number": "invalid",
                }
            )
        )
    )
    return _joined(read.with_columns(verdict.alias("verdict")), ["e164", "kind", "extension", "verdict"], len(cases))


def email_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Columns email, email_key, flags."""
    names = ["disposable", "masked", "mistyped", "placeholder", "public", "role"]
    names_of = {"public": "is_public_domain"}
    read = standardize_emails(_texts(cases, "raw")["raw"])
    flags = [pl.when(pl.col(names_of.get(name, f"is_{name}"))).then(pl.lit(name)) for name in names]
    read = read.with_columns(pl.concat_str(flags, separator=" ", ignore_nulls=True).alias("flags"))
    return _joined(read, ["email", "email_key", "flags"], len(cases))


def identifier_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Columns scheme, value, is_valid, is_masked, implied, birth_on."""
    read = standardize_identifiers(_texts(cases, "raw", "scheme_hint", "country", "party_type"))
    implied = pl.concat_str("implied_scheme", "implied_value", separator=":")
    columns = ["scheme", "value", "is_valid", "is_masked", implied.alias("implied"), "birth_on"]
    return read.select(columns).cast(pl.String).fill_null("")


def date_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Columns date, precision, is_placeholder."""
    numbered = cases.with_row_index("row")
    frames = []
    for (order,), group in numbered.group_by("order", maintain_order=True):
        read = standardize_dates(group["raw"], order=str(order or "auto"))  # type: ignore[arg-type]
        frames.append(pl.concat([group.select("row"), read], how="horizontal"))
    read = pl.concat(frames).sort("row")
    return read.select("date", "precision", "is_placeholder").cast(pl.String).fill_null("")


ANSWERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "phones": phone_answers,
    "emails": email_answers,
    "identifiers": identifier_answers,
    "dates": date_answers,
}


def _texts(cases: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return cases.select(pl.col(column).replace({"": None}) for column in columns)


def _joined(read: pl.DataFrame, columns: list[str], height: int) -> pl.DataFrame:
    joined = read.group_by("row").agg(pl.col(column).fill_null("").str.join(" | ") for column in columns)
    rows = pl.DataFrame({"row": range(height)}, schema={"row": joined.schema["row"]})
    return rows.join(joined, on="row", how="left", maintain_order="left").drop("row").fill_null("")
