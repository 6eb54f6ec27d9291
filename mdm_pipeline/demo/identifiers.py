"""Identifiers with correct check digits, made for whole columns at once.

In: random numbers, regions, dates. Out: Polars string columns.
Invariant: what is made here is valid; wrong identifiers are made from these by `corruption`.
What does not belong here: which record shows an identifier.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo.tables import Rows

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"


def text_of(codes: np.ndarray) -> pl.Series:
    """Rows of character codes (all of one length) as strings."""
    flat = np.ascontiguousarray(codes, dtype=np.uint32)
    return pl.Series(flat.view(f"<U{codes.shape[1]}").ravel().astype(object), dtype=pl.String)


def digits(rng: np.random.Generator, count: int, length: int) -> pl.Series:
    """Random strings of `length` digits."""
    numbers = rng.integers(0, 10**length, count)
    return pl.Series(numbers).cast(pl.String).str.zfill(length)


def _codes(alphabet: str) -> np.ndarray:
    return np.array([ord(character) for character in alphabet], dtype=np.uint32)


def _digit_matrix(values: pl.Series, length: int) -> np.ndarray:
    """A numeric string column as a matrix of its digits."""
    numbers = values.cast(pl.Int64).to_numpy()
    powers = 10 ** np.arange(length - 1, -1, -1)
    return (numbers[:, None] // powers) % 10


def uscc(rng: np.random.Generator, divisions: pl.Series, *, sole_trader: np.ndarray) -> pl.Series:
    """Chinese unified social credit codes: class, division (six digits), nine characters, check character."""
    count = len(divisions)
    body = np.zeros((count, 17), dtype=np.int64)
    body[:, 0] = 9
    body[:, 1] = np.where(sole_trader, 2, 1)
    body[:, 2:8] = _digit_matrix(divisions, 6)
    body[:, 8:17] = rng.integers(0, len(USCC_ALPHABET), (count, 9))
    check = (31 - (body * np.array(USCC_WEIGHTS)).sum(axis=1) % 31) % 31
    return text_of(_codes(USCC_ALPHABET)[np.column_stack([body, check])])


def id_number(rng: np.random.Generator, divisions: pl.Series, birth: pl.Series, male: np.ndarray) -> pl.Series:
    """Chinese id numbers: division, birth date, sequence (odd for men), check digit."""
    count = len(divisions)
    day = birth.dt.strftime("%Y%m%d")
    sequence = rng.integers(0, 499, count) * 2 + male.astype(np.int64)
    body = np.column_stack(
        [
            _digit_matrix(divisions, 6),
            _digit_matrix(day, 8),
            _digit_matrix(pl.Series(sequence), 3),
        ]
    )
    check = (body * np.array(ID_WEIGHTS)).sum(axis=1) % 11
    return text_of(np.column_stack([_codes("0123456789")[body], _codes(ID_CHECKS)[check]]))


def german_vat(rng: np.random.Generator, count: int) -> pl.Series:
    """German VAT numbers (ISO 7064 MOD 11,10)."""
    body = rng.integers(0, 10, (count, 8))
    body[:, 0] = rng.integers(1, 10, count)
    product = np.full(count, 10)
    for position in range(8):
        total = (body[:, position] + product) % 10
        total = np.where(total == 0, 10, total)
        product = total * 2 % 11
    check = np.where(product == 1, 0, 11 - product) % 10
    return "DE" + text_of(_codes("0123456789")[np.column_stack([body, check])])


def french_vat(rng: np.random.Generator, count: int) -> pl.Series:
    """French VAT numbers: two check digits and a SIREN with its Luhn digit."""
    body = rng.integers(0, 10, (count, 8))
    body[:, 0] = rng.integers(1, 10, count)
    doubled = body * np.array([1, 2] * 4)
    luhn = (10 - (doubled // 10 + doubled % 10).sum(axis=1) % 10) % 10
    siren = (np.column_stack([body, luhn]) * 10 ** np.arange(8, -1, -1)).sum(axis=1)
    check = pl.Series((12 + 3 * (siren % 97)) % 97).cast(pl.String).str.zfill(2)
    return "FR" + check + pl.Series(siren).cast(pl.String).str.zfill(9)


def british_vat(rng: np.random.Generator, count: int) -> pl.Series:
    """British VAT numbers (weights 8 to 2, modulus 97)."""
    body = rng.integers(1_000_000, 9_999_999, count)
    weighted = (_digit_matrix(pl.Series(body), 7) * np.array([8, 7, 6, 5, 4, 3, 2])).sum(axis=1)
    check = 97 - weighted % 97
    return "GB" + pl.Series(body).cast(pl.String) + pl.Series(check % 97).cast(pl.String).str.zfill(2)


def tax_id(rng: np.random.Generator, country: pl.Series, divisions: pl.Series, shop: np.ndarray) -> pl.Series:
    """The tax id of an organization, by the rule of its country."""
    count = len(country)
    frame = pl.DataFrame(
        {
            "country": country,
            "CN": uscc(rng, divisions.fill_null("110105"), sole_trader=shop),
            "DE": german_vat(rng, count),
            "FR": french_vat(rng, count),
            "GB": british_vat(rng, count),
            "US": pl.Series(rng.integers(10, 99, count)).cast(pl.String) + "-" + digits(rng, count, 7),
            "SG": pl.Series(rng.integers(1975, 2024, count)).cast(pl.String) + digits(rng, count, 5) + "K",
            "HK": digits(rng, count, 8),
        }
    )
    chosen = pl.lit(None, dtype=pl.String)
    for code in ("CN", "DE", "FR", "GB", "US", "SG", "HK"):
        chosen = pl.when(pl.col("country") == code).then(pl.col(code)).otherwise(chosen)
    return frame.select(chosen.alias("tax_id"))["tax_id"]


def spread(rng: np.random.Generator, count: int, share: float) -> np.ndarray:
    """A mask that is true with the given probability."""
    return rng.random(count) < share


def every_second(rng: np.random.Generator, count: int, share: float) -> np.ndarray:
    """A mask that is true at some odd positions: such a row follows the (never following) row before it."""
    mask = rng.random(count) < share
    mask[::2] = False
    return mask


def row_numbers(count: int) -> Rows:
    """0, 1, 2, ... as the row numbers of a frame."""
    return np.arange(count, dtype=np.int64)
