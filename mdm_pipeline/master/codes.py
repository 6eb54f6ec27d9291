"""Customer codes: prefix, zero-padded number, check character.

In: numbers. Out: codes such as `C00000001X`. Invariant: the check character is ISO 7064 MOD 37,36 over prefix and
digits, which finds every single wrong character and nearly every swap of two neighbors. Does not belong here: who gets
which code.
"""

from __future__ import annotations

from collections.abc import Sequence

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_M = len(_ALPHABET)


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 check character of a text of digits and capital letters."""
    state = _state_after(text, _M)
    return _ALPHABET[(_M + 1 - state) % _M]


def is_well_formed(code: str) -> bool:
    """Whether the last character of a code is the right check character of the rest."""
    return len(code) > 1 and all(c in _VALUE for c in code) and check_character(code[:-1]) == code[-1]


def codes_of(numbers: Sequence[int], *, prefix: str, digits: int) -> list[str]:
    """Codes of many numbers.

    Args:
        numbers: numbers to encode; one with more than `digits` digits makes a longer code, it is never cut.
        prefix: capital letters before the number.
        digits: digits to which the number is padded with zeros.
    """
    start = _state_after(prefix, _M)  # the prefix is the same for all
    codes = []
    for number in numbers:
        text = str(number).zfill(digits)
        state = _state_after(text, start)
        codes.append(f"{prefix}{text}{_ALPHABET[(_M + 1 - state) % _M]}")
    return codes


def _state_after(text: str, state: int) -> int:
    for character in text:
        state = (state + _VALUE[character]) % _M or _M
        state = state * 2 % (_M + 1)
    return state
