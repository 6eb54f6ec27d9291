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

from mdm_pipeline.standardize.tables import read_lines
from mdm_pipeline.standardize.text import clean

_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
_PLAIN = rf"^{_LOCAL}@{_DOMAIN}$"
# Top-level domains that are slips of the finger: syntactically right, never deliverable.
_MISTYPED = r"\.(?:con|cmo|ocm|cpm|vom|comm|ccom|nett|cnn|example|invalid|localhost|test|local)$"
# What cannot be part of an address: it separates two of them, or one from the words around it.
_ENDS = r"\s;,、|<>()\[\]:/\""
_ROLES = (
    "info|sales|service|support|admin|administrator|office|contact|kontakt|hello|help|helpdesk|billing|invoice|invoices"
    "|accounts|accounting|accountspayable|ap|ar|finance|hr|jobs|career|careers|recruit|recruitment|marketing|press|media"
    "|webmaster|postmaster|hostmaster|abuse|noreply|no-reply|donotreply|order|orders|purchase|purchasing|procurement"
    "|enquiry|enquiries|inquiry|mail|email|reception|team|legal|privacy|shop|customerservice|customer.service|export|import"
    "|vertrieb|einkauf|buchhaltung|rechnung|verkauf|kefu|caiwu|xiaoshou|service1|general|secretary|newsletter|feedback"
)
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
_SAME_DOMAIN = {"googlemail.com": "gmail.com", "vip.163.com": "vip.163.com", "foxmail.com.cn": "foxmail.com"}


def standardize_emails(s: pl.Series) -> pl.DataFrame:
    """Read e-mail addresses.

    Returns:
        Exploded, in the order of the input; blank cells give no row: row (index into the input), raw (the
        part of
        the cell), email (canonical lower case; null if it cannot be one), email_key (without dots and tags
        where the
        provider ignores them), domain, is_valid, is_role, is_disposable, is_placeholder, is_public_domain.
    """
    parts = _parts(s)
    parts = parts.with_columns(_canonical(pl.col("raw")).alias("email"))
    parts = parts.with_columns(_validity(parts["email"]))
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
    return parts.select(
        "row",
        "raw",
        "email",
        _key().alias("email_key"),
        pl.when(pl.col("is_valid")).then("domain").alias("domain"),
        "is_valid",
        pl.col("local").str.contains(rf"^(?:{_ROLES})\d{{0,2}}$").fill_null(False).alias("is_role"),
        pl.col("domain").is_in(_disposable()).fill_null(False).alias("is_disposable"),
        placeholder.fill_null(False).alias("is_placeholder"),
        pl.col("domain").is_in(_public()).fill_null(False).alias("is_public_domain"),
    )


def _parts(s: pl.Series) -> pl.DataFrame:
    text = (
        clean(s)
        .str.replace_all(r"\s*(?:@|\(at\)|\[at\])\s*", "@")
        .str.replace_all("。", ".", literal=True)
        .str.replace_all(r"(?i)mailto:", "")
    )
    frame = pl.DataFrame({"text": text}).with_row_index("row")
    several = pl.col("text").str.count_matches("@") != 1
    tidy = pl.col("text").str.contains(rf"^[^{_ENDS}]+@[^{_ENDS}]+$") & ~several
    single = frame.filter(tidy).select("row", pl.col("text").alias("raw"))
    split = (
        frame.filter(~tidy & pl.col("text").is_not_null())
        .with_columns(pl.col("text").str.extract_all(rf"[^{_ENDS}]+@[^{_ENDS}]*").alias("found"))
        .with_columns(
            pl.when(pl.col("found").list.len() > 0).then("found").otherwise(pl.concat_list(pl.col("text"))).alias("raw")
        )
        .select("row", "raw")
        .explode("raw")
    )
    return pl.concat([single, split]).sort("row", maintain_order=True)


def _canonical(raw: pl.Expr) -> pl.Expr:
    text = raw.str.to_lowercase().str.replace(r"^.*/(.+@)", "${1}")
    return text.str.strip_chars(" .,;:<>()[]\"'`。,;/\\")


def _validity(email: pl.Series) -> pl.Expr:
    plain = email.str.contains(_PLAIN) & (email.str.len_bytes() <= 254)
    plain = (plain & ~email.str.contains(r"^[^@]{65,}@") & ~email.str.contains(_MISTYPED)).fill_null(False)
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
