"""Check digits over whole series at once.

In: series of upper-case values without separators. Out: series of booleans; wrong length or alphabet is
false.
Invariant: same verdict as the published algorithms (GB 32100, GB 11714, GB 11643, ISO 17442).
Does not belong here: choosing the scheme (`identifiers`).
"""

from __future__ import annotations

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
    shaped = s.str.contains(r"^\d{17}[0-9X]$").fill_null(False)
    codes = _codes_of(s.filter(shaped), 18)
    check = _ID_CHECKS[(codes[:, :17] - ord("0")) @ _ID_WEIGHTS % 11]
    return _verdicts(shaped, check == codes[:, 17])


def with_id_check(s: pl.Series) -> pl.Series:
    """Append the check character to 17 digits of an identity card number; anything else is null."""
    shaped = s.str.contains(r"^\d{17}$").fill_null(False)
    digits = s.filter(shaped)
    checks = _ID_CHECKS[(_codes_of(digits, 17) - ord("0")) @ _ID_WEIGHTS % 11]
    complete = digits + pl.Series([chr(check) for check in checks.tolist()], dtype=pl.String)
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(s)) if len(s) else s
    return empty.scatter(shaped.arg_true(), complete).rename(s.name)


def is_lei(s: pl.Series) -> pl.Series:
    """True where a legal entity identifier has remainder 1 modulo 97."""
    shaped = s.str.contains(r"^[0-9A-Z]{18}\d{2}$").fill_null(False)
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
