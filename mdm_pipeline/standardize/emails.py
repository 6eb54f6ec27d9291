"""E-mail addresses.

In: cells with none, one or several addresses, with display names, full-width signs, `mailto:`. Out: one
row per address.
Invariant: a plain ASCII address is judged by a regular expression, only the remainder by email-validator,
offline.
Does not belong here: whether a mailbox exists, and whose it is (`value_profile` in staging decides that).
"""

from __future__ import annotations

from functools import cache

import polars as pl
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email

from mdm_pipeline.standardize.tables import read_lines, read_rows
from mdm_pipeline.standardize.text import clean

_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59})"
_PLAIN = rf"^{_LOCAL}@{_DOMAIN}$"
# Top-level domains that are slips of the finger: syntactically right, never deliverable.
_MISTYPED = r"\.(?:con|cmo|ocm|cpm|vom|comm|ccom|cim|xom|coom|conm|copm|comn|c0m|cmm|nett|ney|nte|cnn|ogr|orgg|cnm)$"
_UNDELIVERABLE = r"\.(?:example|invalid|localhost|test|local)$"
# What cannot be part of an address: it separates two of them, or one from the words around it.
_ENDS = r"\s;,、|<>()\[\]:/\""
_MASK = r"[*•●✱×]"
_AT = r"(?i)\s*(?:@|[(\[{]\s*at\s*[)\]}])\s*"
# Spelled out without brackets: only where nothing else stands in the cell.
_SPELLED = r"(?i)^([a-z0-9._-]+) at ([a-z0-9-]+) dot ([a-z]{2,6})$"
_DOT = r"(?i)\s*[(\[{]\s*dot\s*[)\]}]\s*"
_LABEL = r"(?i)(?:电子邮箱|电子邮件|電子郵件|邮箱地址|邮箱|郵箱|邮件|电邮|e-?mail|mail)(?:地址)?\s*[:：]|(?:电子邮箱|电子邮件|邮箱地址|邮箱|郵箱|电邮)"  # noqa: E501
# Roles of fewer letters followed by a separator are initials (a.r.khan).
_ROLE_PREFIX_LENGTH = 4
_PLACEHOLDER_LOCAL = (
    r"^(?:test\d*|na|n\.a|none|no|noemail|no-email|nomail|nobody|null|unknown|x{1,}|a{2,}|abc|asdf|example|dummy|fake|123|"
    r"1234|12345|123456|1|noone|not|notavailable|name|user|username|email|youremail|yourname|nil|foo|bar)$"
)
_PLACEHOLDER_DOMAIN = (
    r"^(?:test|na|none|no|example|email|mail|null|unknown|x{1,}|a{1,}|abc|asdf|domain|noemail|nomail|fake|dummy|foo|bar|"
    r"123|company|yourdomain|nowhere|noone|nil|\d+)\.(?:com|org|net|cn|de|co\.uk|con|na|info|test)$|^example\.|\.(?:example|invalid|test)$"
)
_IGNORES_DOTS = ("gmail.com",)
_IGNORES_TAG = (
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "icloud.com",
    "protonmail.com",
    "fastmail.com",
)
_SAME_DOMAIN = {"googlemail.com": "gmail.com", "proton.me": "protonmail.com", "pm.me": "protonmail.com"}
# Filled in by hand even where the provider is a real one.
_PLACEHOLDER_ANYWHERE = r"^(?:test\d*|null|nobody|na|none|noemail|no-email|nomail)$"


def standardize_emails(s: pl.Series) -> pl.DataFrame:
    """Read e-mail addresses.

    Returns:
        Exploded, in the order of the input; blank cells give no row: row (index into the input), raw (the
        part of
        the cell), email (canonical lower case; null if it cannot be one), email_key (without dots and tags
        where the
        provider ignores them), domain, is_valid, is_role, is_disposable, is_placeholder, is_public_domain, is_masked,
        is_mistyped (a slip of the finger in the domain: flagged, never corrected; still valid where such a domain
        exists).
    """
    parts = _parts(s)
    parts = parts.with_columns(_canonical(pl.col("raw")).alias("email"))
    masked = pl.col("email").str.contains(_MASK) & pl.col("email").str.contains("@", literal=True)
    parts = parts.with_columns(_validity(parts["email"]), masked.fill_null(False).alias("is_masked"))
    parts = parts.with_columns(pl.col("is_valid") & ~pl.col("is_masked"))
    domain = pl.col("email").str.extract(r"@([^@]+)$", 1)
    parts = parts.with_columns(
        pl.when(pl.col("is_valid")).then("email").alias("email"),
        domain.alias("domain"),
        pl.col("email").str.extract(r"^(.*)@[^@]*$", 1).alias("local"),
    )
    placeholder = (
        pl.col("local").str.contains(_PLACEHOLDER_LOCAL) & pl.col("domain").str.contains(_PLACEHOLDER_DOMAIN)
    ) | pl.col("domain").str.contains(r"^example\.|\.(?:example|invalid|test)$|^test\.(?:com|cn|test)$")
    placeholder = placeholder | pl.col("local").str.contains(r"^(?:none|noemail|no-email|nomail|notavailable|unknown)$")
    is_public = (pl.col("domain").is_in(_public()) & pl.col("is_valid")).fill_null(False)
    placeholder = placeholder | (is_public & pl.col("local").str.contains(_PLACEHOLDER_ANYWHERE))
    of_site = pl.col("domain").str.extract(r"([^.]+\.[^.]+)$", 1)
    is_mistyped = pl.col("domain").str.contains(_MISTYPED) | pl.col("domain").is_in(_slips())
    return parts.select(
        "row",
        "raw",
        "email",
        _key().alias("email_key"),
        pl.when(pl.col("is_valid")).then("domain").alias("domain"),
        "is_valid",
        (_is_role() & pl.col("is_valid")).fill_null(False).alias("is_role"),
        # A slip may be listed as throwaway because nobody reads its mail; nobody chose it.
        ((pl.col("domain").is_in(_disposable()) | of_site.is_in(_disposable())) & ~is_mistyped)
        .fill_null(False)
        .alias("is_disposable"),
        placeholder.fill_null(False).alias("is_placeholder"),
        is_public.alias("is_public_domain"),
        "is_masked",
        (is_mistyped & ~pl.col("is_masked")).fill_null(False).alias("is_mistyped"),
    )


def _parts(s: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"text": clean(s.cast(pl.String, strict=False).str.replace_all(r"[\r\n\t]+", ";"))})
    frame = frame.with_row_index("row").filter(pl.col("text").is_not_null())
    tidy = pl.col("text").str.contains(rf"^[!-~--[{_ENDS}@]]+@[!-~--[{_ENDS}@]]+$") & ~pl.col("text").str.contains(
        r"(?i)mail|\?"
    )
    tidy = tidy | pl.col("text").str.contains(r"(?i)^[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$")
    single = frame.filter(tidy).select("row", pl.col("text").alias("raw"))
    text = (
        pl.col("text")
        .str.replace(_SPELLED, "${1}@${2}.${3}")
        .str.replace_all(_AT, "@")
        .str.replace_all(_DOT, ".")
        .str.replace_all("。", ".", literal=True)
        .str.replace_all(r"(?i)mailto:", ";")
        .str.replace_all(r"(?i)\?(?:subject|cc|bcc|body)=[^\s>)]*", "")
        .str.replace_all(_LABEL, ";")
        # A blank beside the last dot is a slip only where nothing else stands in the cell.
        .str.replace(r"(?i)^([^\s@]+@[^\s@]+?)\s*\.\s*([a-z]{2,6}(?:\.[a-z]{2})?)$", "${1}.${2}")
        .str.replace_all(r"(?i)(@[a-z0-9.-]+\.[a-z]{2,24})\s*[或和及与]", "${1};")
    )
    split = (
        frame.filter(~tidy)
        .with_columns(text.alias("found"))
        .with_columns(pl.col("found").str.extract_all(rf"[^{_ENDS}]+@[^{_ENDS}]*|@[^{_ENDS}]+").alias("found"))
        .with_columns(
            pl.when(pl.col("found").list.len() > 0).then("found").otherwise(pl.concat_list(pl.col("text"))).alias("raw")
        )
        .select("row", "raw")
        .explode("raw")
        .with_columns(_canonical(pl.col("raw")).alias("same"))
        .unique(["row", "same"], keep="first", maintain_order=True)
        .select("row", "raw")
    )
    return pl.concat([single, split]).sort("row", maintain_order=True)


def _canonical(raw: pl.Expr) -> pl.Expr:
    text = raw.str.to_lowercase().str.strip_chars_start(" ,;:<>()[]\"'`/\\")
    return text.str.strip_chars_end(" .,;:<>()[]\"'`/\\")


def _is_role() -> pl.Expr:
    local = pl.col("local").str.replace(r"\d{1,3}$", "")
    dense = local.str.replace_all(r"[._-]", "")
    # Most local parts are no roles: only those that begin like one are looked up.
    long_roles = [role for role in read_lines("email_roles.txt") if len(role) >= _ROLE_PREFIX_LENGTH or role == "hr"]
    first = local.str.extract(r"^([^._-]+)[._-]", 1)
    return dense.is_in(list(read_lines("email_roles.txt"))) | first.is_in(long_roles)


def _validity(email: pl.Series) -> pl.Expr:
    plain = email.str.contains(_PLAIN) & (email.str.len_bytes() <= 254)
    plain = plain & ~email.str.contains(r"^[^@]{65,}@")
    plain = (plain & ~email.str.contains(_MISTYPED) & ~email.str.contains(_UNDELIVERABLE)).fill_null(False)
    # Only non-ASCII addresses can be right although the regular expression rejects them.
    remainder = (
        ~plain & email.str.contains(r"@").fill_null(False) & email.str.contains(r"[^\x00-\x7f]").fill_null(False)
    )
    answers = plain.to_list()
    for index in remainder.arg_true().to_list():
        answers[index] = _is_valid(str(email[index]))
    return pl.lit(pl.Series("is_valid", answers, dtype=pl.Boolean))


def _is_valid(email: str) -> bool:
    try:
        validate_email(email, check_deliverability=False)
    except (EmailNotValidError, UnicodeError, ValueError):
        return False
    return True


def _key() -> pl.Expr:
    domain = pl.col("domain").replace(_SAME_DOMAIN)
    local = pl.col("local")
    local = pl.when(domain.is_in(_IGNORES_TAG)).then(local.str.replace(r"(.)\+.*$", "${1}")).otherwise(local)
    dense = pl.when(domain.is_in(_IGNORES_DOTS)).then(local.str.replace_all(".", "", literal=True)).otherwise(local)
    return pl.when(pl.col("is_valid")).then(pl.concat_str(dense, pl.lit("@"), domain))


@cache
def _disposable() -> list[str]:
    return sorted(blocklist)


@cache
def _public() -> list[str]:
    return sorted(read_lines("public_email_domains.txt"))


@cache
def _slips() -> list[str]:
    return sorted(row["domain"] for row in read_rows("mistyped_email_domains.csv"))
