"""Check digits over whole series at once.

In: series of upper-case values without separators. Out: series of booleans; wrong length or alphabet is
false.
Invariant: same verdict as the published algorithms (GB 32100, GB 11714, GB 11643, ISO 17442).
Does not belong here: choosing the scheme (`identifiers`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_ID_WEIGHTS = np.array([pow(2, 17 - place, 11) for place in range(17)])
_ID_CHECKS = np.array([ord(check) for check in "10X98765432"])

Matrix = npt.NDArray[np.int64]
Column = npt.NDArray[np.int64]


def is_uscc(s: pl.Series) -> pl.Series:
    """True where the 18th character of a unified social credit code is right."""
    shaped = s.str.contains(r"^[0-9A-HJ-NP-RTUW-Y]{18}$").fill_null(False)
    return _verdicts(shaped, _uscc_ok(_values_of(s.filter(shaped), 18, _USCC_ALPHABET)))


def is_organization_code(s: pl.Series) -> pl.Series:
    """True where the 9th character of an organization code is right."""
    shaped = s.str.contains(r"^[0-9A-Z]{8}[0-9X]$").fill_null(False)
    values = _values_of(s.filter(shaped), 9, _ALPHABET)
    check = (11 - values[:, :8] @ _ORG_WEIGHTS % 11) % 11
    written = np.where(values[:, 8] == _ALPHABET.index("X"), 10, values[:, 8])
    return _verdicts(shaped, check == written)


def is_cn_id(s: pl.Series) -> pl.Series:
    """True where the last character of an 18-character identity card number is right."""
    shaped = s.str.contains(r"^[0-9]{17}[0-9X]$").fill_null(False)
    codes = _codes_of(s.filter(shaped), 18)
    check = _ID_CHECKS[(codes[:, :17] - ord("0")) @ _ID_WEIGHTS % 11]
    return _verdicts(shaped, check == codes[:, 17])


def with_id_check(s: pl.Series) -> pl.Series:
    """Append the check character to 17 digits of an identity card number; anything else is null."""
    shaped = s.str.contains(r"^[0-9]{17}$").fill_null(False)
    digits = s.filter(shaped)
    checks = _ID_CHECKS[(_codes_of(digits, 17) - ord("0")) @ _ID_WEIGHTS % 11]
    complete = digits + pl.Series([chr(check) for check in checks.tolist()], dtype=pl.String)
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(s)) if len(s) else s
    return empty.clone().scatter(shaped.arg_true(), complete).rename(s.name)


def is_lei(s: pl.Series) -> pl.Series:
    """True where a legal entity identifier has remainder 1 modulo 97."""
    shaped = s.str.contains(r"^[0-9A-Z]{18}[0-9]{2}$").fill_null(False)
    values = _values_of(s.filter(shaped), 20, _ALPHABET)
    remainder = np.zeros(len(values), dtype=np.int64)
    for place in range(20):
        column = values[:, place]
        remainder = (remainder * np.where(column > 9, 100, 10) + column) % 97
    return _verdicts(shaped, remainder == 1)


def _uscc_ok(values: Matrix) -> npt.NDArray[np.bool_]:
    check = (31 - values[:, :17] @ _USCC_WEIGHTS % 31) % 31
    return np.asarray(check == values[:, 17])


def _codes_of(s: pl.Series, width: int) -> Matrix:
    joined = "".join(s.to_list()).encode("ascii")
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, width).astype(np.int64)


def _values_of(s: pl.Series, width: int, alphabet: str) -> Matrix:
    lookup = np.zeros(128, dtype=np.int64)
    for value, character in enumerate(alphabet):
        lookup[ord(character)] = value
    return lookup[_codes_of(s, width)]


def _verdicts(shaped: pl.Series, verdicts: npt.NDArray[np.bool_]) -> pl.Series:
    answers = np.zeros(len(shaped), dtype=np.bool_)
    answers[shaped.arg_true().to_numpy()] = verdicts
    return pl.Series(answers)


def is_luhn(s: pl.Series) -> pl.Series:
    """True where digits of any length up to 24 have a right Luhn sum."""
    shaped = s.str.contains(r"^[0-9]{2,24}$").fill_null(False)
    places = _digits_of(s.filter(shaped), 24)[:, ::-1]
    doubled = places[:, 1::2] * 2
    total = places[:, ::2].sum(axis=1) + (doubled // 10 + doubled % 10).sum(axis=1)
    return _verdicts(shaped, total % 10 == 0)


def is_mod_97(s: pl.Series, width: int) -> pl.Series:
    """True where the digits, letters read as 10 to 35, leave 1 modulo 97."""
    shaped = s.str.contains(rf"^[0-9A-Z]{{1,{width}}}$").fill_null(False)
    values = _values_of(s.filter(shaped).str.zfill(width), width, _ALPHABET)
    remainder = np.zeros(len(values), dtype=np.int64)
    for place in range(width):
        column = values[:, place]
        remainder = (remainder * np.where(column > 9, 100, 10) + column) % 97
    return _verdicts(shaped, remainder == 1)


def is_mod_11_10(s: pl.Series, width: int) -> pl.Series:
    """True where digits of this length pass ISO 7064 MOD 11,10."""
    shaped = s.str.contains(rf"^[0-9]{{{width}}}$").fill_null(False)
    places = _digits_of(s.filter(shaped), width)
    product = np.full(len(places), 10, dtype=np.int64)
    for place in range(width - 1):
        total = (product + places[:, place]) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return _verdicts(shaped, (product + places[:, -1]) % 10 == 1)


def is_digit_sum_of(s: pl.Series, divisor: int) -> pl.Series:
    """True where the sum of up to 24 digits can be divided without remainder."""
    shaped = s.str.contains(r"^[0-9]{1,24}$").fill_null(False)
    return _verdicts(shaped, _digits_of(s.filter(shaped), 24).sum(axis=1) % divisor == 0)


def is_nip(s: pl.Series) -> pl.Series:
    """True where the tenth digit of a Polish tax number is right."""
    return _weighted(s, [6, 5, 7, 2, 3, 4, 5, 6, 7], lambda total: total % 11)


def is_swiss(s: pl.Series) -> pl.Series:
    """True where the ninth digit of a Swiss enterprise number is right."""
    return _weighted(s, [5, 4, 3, 2, 7, 6, 5, 4], lambda total: (11 - total % 11) % 11)


def is_norwegian(s: pl.Series) -> pl.Series:
    """True where the ninth digit of a Norwegian organization number is right."""
    return _weighted(s, [3, 2, 7, 6, 5, 4, 3, 2], lambda total: (11 - total % 11) % 11)


def is_ean(s: pl.Series) -> pl.Series:
    """True where the thirteenth digit of a location number is right."""
    return _weighted(s, [1, 3] * 6, lambda total: (10 - total % 10) % 10)


def is_korean_brn(s: pl.Series) -> pl.Series:
    """True where the tenth digit of a Korean business number is right."""
    shaped = s.str.contains(r"^[0-9]{10}$").fill_null(False)
    places = _digits_of(s.filter(shaped), 10)
    total = places[:, :9] @ np.array([1, 3, 7, 1, 3, 7, 1, 3, 5]) + places[:, 8] * 5 // 10
    return _verdicts(shaped, (10 - total % 10) % 10 == places[:, 9])


def is_hong_kong_id(s: pl.Series) -> pl.Series:
    """True where the last character of a Hong Kong identity card number is right."""
    shaped = s.str.contains(r"^[A-Z]{1,2}[0-9]{6}[0-9A]$").fill_null(False)
    # A number with one letter counts as one that begins with a blank, whose value is 36.
    values = _values_of(s.filter(shaped).str.pad_start(9, " "), 9, f"{_ALPHABET} ")
    return _verdicts(shaped, values @ np.array([9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0)


def is_taiwan_id(s: pl.Series) -> pl.Series:
    """True where the last digit of a Taiwanese identity card or residence permit number is right."""
    shaped = s.str.contains(r"^[A-Z][0-9A-D][0-9]{8}$").fill_null(False)
    values = _values_of(s.filter(shaped), 10, "ABCDEFGHJKLMNPQRSTUVXYWZIO")
    codes = _values_of(s.filter(shaped), 10, _ALPHABET)
    first = values[:, 0] + 10
    # Older residence permits have a letter in the second place: its unit digit counts.
    second = np.where(codes[:, 1] > 9, values[:, 1] % 10, codes[:, 1])
    total = first // 10 + first % 10 * 9 + second * 8 + codes[:, 2:9] @ np.array([7, 6, 5, 4, 3, 2, 1]) + codes[:, 9]
    return _verdicts(shaped, total % 10 == 0)


def _weighted(s: pl.Series, weights: list[int], check: Callable[[Column], Column]) -> pl.Series:
    """True where the last digit is the check digit of the weighted sum of those before it."""
    width = len(weights) + 1
    shaped = s.str.contains(rf"^[0-9]{{{width}}}$").fill_null(False)
    places = _digits_of(s.filter(shaped), width)
    return _verdicts(shaped, check(places[:, :-1] @ np.array(weights)) == places[:, -1])


def _digits_of(s: pl.Series, width: int) -> Matrix:
    return _codes_of(s.str.zfill(width), width) - ord("0")
