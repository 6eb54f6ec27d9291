"""What else stands in a cell for a person's name: notes, second names, masks, other persons, companies.

In: cleaned cells that hold more than a plain name. Out: the name alone, a mark and the further names.
Invariant: nothing is invented; every further name is made of words of the cell.
Does not belong here: taking the name itself apart (`han_names`, `latin_names`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from mdm_pipeline.standardize.glued_names import two_words
from mdm_pipeline.standardize.han_names import CJK, KANA, TITLES
from mdm_pipeline.standardize.latin_tokens import nickname_roots
from mdm_pipeline.standardize.surnames import known_surnames
from mdm_pipeline.standardize.tables import cell_words, read_lines, read_rows
from mdm_pipeline.standardize.text import HAN, simplify_text

# Stands in a further name for the family name of the main one.
FAMILY_HERE = "\x02"
_HAN_ORGANIZATION = f"{cell_words('organization')}|(?<=.{{3}})(?:{cell_words('organization_end')})"
_HAN_ROLES = rf"^(?:{cell_words('role')}|.{{1,6}}[部科室]|.{{2,6}}中心|.{{2,6}}[处處])$"
_HAN_FORMER, _HAN_ALIAS = cell_words("former"), cell_words("alias")
_LATIN_FORMER = (
    r"n[ée]e|n[ée]|geb\.?|geborene?r?|formerly(?: known as)?|former(?:ly)? name|f/k/a|fka|maiden name|born|z domu|"
    r"nata|nacida|nascida|született|rozen[áa]|roz\."
)
_LATIN_ALIAS = r"a/k/a|a\.k\.a\.?|aka|also known as|alias|genannt|gen\.|dit|dite|known as|called|nickname"
_LABEL = re.compile(
    rf"^\s*(?:(?:{cell_words('label')})\s*:|(?:attn|att|attention|c/o|z\.\s?hd\.?(?: v\.?)?|zhd|to|fao)\b\s*[:.]?)\s*",
    re.IGNORECASE,
)
_NOTES = (
    "and|und|et|y|og|och|en|nee|née|geb|geborene|geborener|gen|formerly|former|fka|born|nata|nacida|nascida|roz|aka|alias|"
    "familie|family|eheleute|ehepaar|famille|fam|genannt|dit|dite|known|called|attn|att|attention|to|fao|zhd"
)
_ADDRESS = re.compile(
    r"[<(\[]?\s*(?:mailto:)?[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\s*[>)\]]?|(?:https?://|www\.)\S+", re.IGNORECASE
)
_ORDINAL = re.compile(r"(?<=\s)(2nd|3rd|4th)\b", re.IGNORECASE)
_ORDINALS = {"2nd": "II", "3rd": "III", "4th": "IV"}
_TONED = re.compile(r"^(?:[A-Za-züÜ:]+[1-5])+(?:\s+(?:[A-Za-züÜ:]+[1-5])+)*$")
_MASK = re.compile(r"[*×○●◯□■◻\ufffd?]|__|某|[xX]{2,}$|(?<![A-Za-z])[xX]{2,}(?![A-Za-z])")
_MASKED_BEHIND_HAN = re.compile(rf"^[{HAN}]{{1,2}}[\s]*[xXoO]{{1,3}}(?:先生|女士|小姐)?$")
_MASKED_BEHIND_TITLE = re.compile(r"^(mr|mrs|ms|miss|herr|frau|mme)\.?\s+[xyz]\.?$", re.IGNORECASE)
_GROUP = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|[\"“”「『]([^\"“”」』]*)[\"“”」』]|(?<=\s)['‘]([^'’]+)['’](?=\s|$)")
_DROPPED = re.compile(
    r"^(?:收|男|女|m|f|male|female|本人|代收|已故|deceased|ret\.?|retired|家长|法人|联系人)$", re.IGNORECASE
)
_COUPLE = re.compile(rf"(.{{2,}})(?:{cell_words('couple')})$")
_HOUSEHOLD = re.compile(r"^(?:familie|family|eheleute|ehepaar|famille|fam\.)\s+([^\W\d_][\w'’ -]+)$", re.IGNORECASE)
_CONNECTOR = re.compile(r"\s*(?:[&+;/、|]|\s(?:and|und|et|y|og|och|en|u\.)\s)\s*", re.IGNORECASE)
_HAN_AND = re.compile(rf"^([{HAN}]{{2,4}})\s*[和与與及,]\s*([{HAN}]{{2,4}})$")
_TWO_HAN = re.compile(rf"^([{HAN}]{{2,3}})\s+([{HAN}]{{2,3}})$")
_SEPARATORS = " ,;:/|&+-–—_·.()[]<>=#~!"
_SEGMENTS = re.compile(r"\s*(?:[,(){}\[\]@/|;:]|\s[-–—]\s|(?<=[^\x00-\x7f])[-–—]|\bc/o\b|\bat\b)\s*")


class Cell(NamedTuple):
    """A name alone; `further` are (kind, name), where FAMILY_HERE stands for the family name of `text`.

    `family` is filled where the scripts tell the family name (David 王); `titles` are those that stood apart.
    """

    text: str | None
    mark: str | None = None
    further: tuple[tuple[str, str], ...] = ()
    family: str | None = None
    titles: str | None = None


def peel(raw: str) -> Cell:
    """Take a cell apart into a name and what else it holds."""
    text = _without_addresses(raw)
    if not re.search(r"[^\W\d_]", text) and not _MASK.search(text):
        return Cell(None, "not_a_name")
    text = _LABEL.sub("", text, count=1) or text
    family_only = _HOUSEHOLD.match(text)
    if family_only:
        return Cell(f"{family_only.group(1)} ,", "joint")
    person = _without_organization(text)
    if person is None:
        return Cell(None, "organization")
    text, further, titles = _without_notes(person)
    # A word or two behind a dash is where the person works.
    first, *others = re.split(r"\s[-–—]\s", text)
    text = first if others and len(first.split()) > 1 else text
    if _is_masked(text):
        return _masked(text, titles)
    if re.search(rf"[{CJK}]", text) and re.search(r"[A-Za-zÀ-ɏ]", text):
        return _both_scripts(text, further, titles)
    text, is_joint = _first_person(text)
    foreign = rf"[^{CJK}·•・‧.=\s,]" if re.search(rf"[{CJK}]", text) else r"[^\w\s.,'’`\-·•・‧]|_"
    text = re.sub(r"\s+", " ", re.sub(foreign, " ", text)).strip(" ,;:/|-")
    return Cell(text or None, "joint" if is_joint else None, tuple(further), None, titles)


def _without_addresses(raw: str) -> str:
    text = _ADDRESS.sub(" ", raw)
    text = _ORDINAL.sub(lambda match: _ORDINALS[match.group(1).lower()], text)
    # Numbers of telephones and cards, masked ones too.
    text = re.sub(r"\+?\(?\d[\d\s()./*xX-]{4,}\d", " ", text)
    if _TONED.match(text.strip()):
        text = text.replace("u:", "ü")
    return re.sub(r"\s+", " ", re.sub(r"\d+", "", text)).strip(" ,;:/|-<>")


def _without_organization(text: str) -> str | None:
    """The text without the segments that are companies; None where nothing but a company is left."""
    if not _is_organization(text):
        return text
    kept = []
    pieces = [piece.strip() for piece in _SEGMENTS.split(text)]
    if re.search(f"[{HAN}]", text):
        pieces = [part for piece in pieces for part in piece.split()]
    for piece in pieces:
        if piece and not _is_organization(piece):
            kept.append(piece)
    person = " ".join(kept).strip(_SEPARATORS)
    if re.search(f"[{HAN}]", person):
        return person if re.fullmatch(rf"[{HAN}\s·]{{2,6}}", person) and _begins_with_surname(person) else None
    return person if len(person.split()) in (2, 3, 4) and len(kept) == 1 else None


def _is_organization(text: str) -> bool:
    if re.search(f"[{HAN}]", text):
        plain = re.sub(r"\s+", "", text)
        return bool(re.search(_HAN_ORGANIZATION, plain) and len(plain) > 3) or bool(re.match(_HAN_ROLES, plain))
    words = re.findall(r"[\w&]+", text.replace(".", ""))
    lowered = [word.lower() for word in words]
    if any(word in _legal_forms() for word in lowered) or any(
        word in cell_words("legal_form_capitals").split("|") for word in words[1:]
    ):
        return True
    return any(word in _organization_words() for word in lowered) and not any(
        word in _given_names() for word in lowered
    )


def _begins_with_surname(text: str) -> bool:
    plain = simplify_text(text)
    return plain[:1] in _surnames() or plain[:2] in _surnames()


def _without_notes(text: str) -> tuple[str, list[tuple[str, str]], str | None]:
    """The text without notes, the further names that they hold, and titles that stood in parentheses."""
    further: list[tuple[str, str]] = []
    titles: list[str] = []

    def noted(match: re.Match[str]) -> str:
        note = next(group for group in match.groups() if group is not None).strip(_SEPARATORS)
        return f" {_read_note(note, text, further, titles)} "

    rest = _GROUP.sub(noted, text)
    for kind, words in (("former", _HAN_FORMER), ("alias", _HAN_ALIAS)):
        strict = r"[\s,;:]" if kind == "alias" else r"[\s,;:]?"
        match = re.search(rf"{strict}\s*(?:{words})\s*:?\s*([{HAN}]{{2,4}})", rest)
        if match and match.start() > 0:
            further.append((kind, match.group(1)))
            rest = rest[: match.start()] + " " + rest[match.end() :]
    for kind, words in (("former", _LATIN_FORMER), ("alias", _LATIN_ALIAS)):
        match = re.search(rf"[\s,]+(?:{words})[\s:]+(.+)$", rest, re.IGNORECASE)
        if match and len(rest[: match.start()].split()) > 1:
            further.append((kind, _own_name(match.group(1), rest[: match.start()])))
            rest = rest[: match.start()]
    return re.sub(r"\s+", " ", rest).strip(" ;:/|-<>,"), further, " ".join(titles) or None


def _read_note(note: str, whole: str, further: list[tuple[str, str]], titles: list[str]) -> str:
    """What of a note in parentheses remains in the name: nothing, or letters that belong to it."""
    has_han = re.search(f"[{CJK}]", note) is not None
    name = _GROUP.sub(" ", whole).strip(_SEPARATORS)
    if not note or _DROPPED.match(note):
        return ""
    if re.fullmatch(TITLES, note) or note.lower().strip(".") in _front_titles():
        titles.append(note.lower().strip(".") if note.isascii() else note)
        return ""
    for kind, words in (("former", _HAN_FORMER), ("alias", _HAN_ALIAS)):
        match = re.match(rf"^(?:{words})\s*:?\s*([{HAN}]{{2,4}})$", note)
        if match:
            further.append((kind, match.group(1)))
            return ""
    for kind, words in (("former", _LATIN_FORMER), ("alias", _LATIN_ALIAS)):
        match = re.match(rf"^(?:{words})[\s:]+(.+)$", note, re.IGNORECASE)
        if match:
            further.append((kind, _own_name(match.group(1), name)))
            return ""
    if _MASK.search(note) or not re.search(r"[^\W\d_]", note):
        return ""
    if has_han or re.search(f"[{CJK}]", name):
        # The other script is the same name again; `_both_scripts` reads it.
        return _pair_of(note, name, further)
    if note.isupper() and len(note) < 4:
        return ""
    further.append(("alias", note if " " in note else f"{note} {FAMILY_HERE}"))
    return ""


def _pair_of(note: str, name: str, further: list[tuple[str, str]]) -> str:
    if re.fullmatch(rf"[{KANA}\s・]+", note):
        further.append(("transliterated", note))
        return ""
    same = bool(re.search(f"[{CJK}]", note)) == bool(re.search(f"[{CJK}]", name))
    if same:
        if re.fullmatch(rf"[{HAN}]{{2,4}}", note) and _begins_with_surname(note):
            further.append(("alias", note))
        return ""
    return note


def _own_name(words: str, before: str) -> str:
    """The name that a note gives, with the given name of the main one where the note gives only a family name."""
    words = words.strip(_SEPARATORS)
    if " " in words:
        return words
    names = [word for word in before.replace(",", " ").split() if word.lower().strip(".") not in _front_titles()]
    given = before.split(",")[1].split()[0] if re.search(r",\s*\w", before) else names[0]
    return words if words.lower() in _given_names() else f"{given} {words}"


def _is_masked(text: str) -> bool:
    return bool(_MASK.search(text) or _MASKED_BEHIND_HAN.match(text) or _MASKED_BEHIND_TITLE.match(text))


def _masked(text: str, titles: str | None) -> Cell:
    shown = re.match(rf"^[{CJK}]{{1,2}}", text.split("某")[0])
    title = _MASKED_BEHIND_TITLE.match(text)
    family = None
    if shown:
        plain = simplify_text(shown.group())
        family = shown.group() if len(plain) == 2 and plain in _surnames() else shown.group()[:1]
    return Cell(None, "masked", (), family, title.group(1).lower() if title else titles)


def _both_scripts(text: str, further: list[tuple[str, str]], titles: str | None) -> Cell:
    """A native name and the same in Latin letters, or an English given name beside it."""
    native = re.sub(rf"[^{CJK}·・\s]+", " ", text)
    native = re.sub(r"\s+", " ", native).strip(" ·・")
    latin = re.sub(r"\s+", " ", re.sub(rf"[{CJK}]+|[^\w\s.,'’\-]|_", " ", text)).strip(_SEPARATORS)
    words = latin.split()
    while words and words[0].lower().strip(".") in _front_titles():
        titles = " ".join(filter(None, (titles, words.pop(0).lower().strip("."))))
    latin = " ".join(words)
    native, is_joint = _first_person(native)
    mark = "joint" if is_joint else None
    if not words or len(latin) == 1:
        return Cell(native, mark, tuple(further), None, titles)
    plain = simplify_text(native)
    if len(words) == 1 and (plain in _surnames()) and len(plain) < 3:
        return Cell(latin, mark, tuple(further), native, titles)
    if len(words) == 1 and (latin.lower() in _given_names() or not _is_glued(latin)):
        further.append(("alias", f"{latin} {FAMILY_HERE}"))
    else:
        further.append(("transliterated", latin))
    return Cell(native, mark, tuple(further), None, titles)


def _is_glued(word: str) -> bool:
    return " " in two_words(word)


def _first_person(text: str) -> tuple[str, bool]:
    """The first of several persons in the cell, and whether there are several."""
    couple = _COUPLE.match(text)
    if couple:
        return _first_person(couple.group(1))[0], True
    for pattern in (_HAN_AND, _TWO_HAN):
        pair = pattern.match(text)
        if pair and all(_is_han_name(name) for name in pair.groups()):
            return pair.group(1), True
    parts = [part for part in _CONNECTOR.split(text) if part.strip(_SEPARATORS)]
    if len(parts) < 2:
        return text, False
    first, second = parts[0].strip(), parts[1].strip()
    if re.search(rf"[{CJK}]", text):
        return first, True
    joiner = re.search(r"\s([ye])\s", text)
    if joiner and len(first.split()) > 1 and len(second.split()) == 1:
        return text, False
    return _with_shared_family(first, second), True


def _with_shared_family(first: str, second: str) -> str:
    """John & Mary Smith: the first person's family name stands behind the second one's given name."""
    named = [word for word in first.split() if word.lower().strip(".") not in _front_titles()]
    other = [word for word in second.split() if word.lower().strip(".") not in _front_titles()]
    if not named:
        return f"{first} {' '.join(other)}"
    if len(named) == 1 and len(other) > 1 and "," not in first:
        return f"{first} {' '.join(other[1:])}"
    return first


def _is_han_name(text: str) -> bool:
    plain = simplify_text(text)
    return plain not in _surnames() and plain[0] in _frequent_surnames()


@cache
def _surnames() -> frozenset[str]:
    return frozenset(known_surnames())


@cache
def _frequent_surnames() -> frozenset[str]:
    return frozenset("".join(read_lines("surnames.txt")))


@cache
def _front_titles() -> frozenset[str]:
    return frozenset(row["word"] for row in read_rows("name_titles.csv") if row["place"] == "front")


@cache
def _given_names() -> frozenset[str]:
    names = ("given_names.txt", "iberian_given_names.txt")
    listed = {word for name in names for line in read_lines(name) for word in line.split()}
    return frozenset({*listed, *nickname_roots(), *nickname_roots().values()})


@cache
def _legal_forms() -> frozenset[str]:
    return frozenset(cell_words("legal_form").split("|"))


@cache
def _organization_words() -> frozenset[str]:
    names = ("organization_words.txt", "organization_role_words.txt")
    return frozenset(word for name in names for line in read_lines(name) for word in line.split()) - {
        "market",
        "church",
    }


def unusual() -> str:
    """Return a pattern (for Polars) of the cells that hold more than letters, blanks and the marks of names."""
    capitals = cell_words("legal_form_capitals").lower().split("|")
    words = [*_NOTES.split("|"), *sorted({*_legal_forms(), *_organization_words(), *capitals})]
    native = "|".join(cell_words(kind) for kind in ("former", "alias", "couple", "organization"))
    return "|".join(
        [
            r"[^\p{L}\p{M}\s.,'’`\-·•・‧]|^[^\p{L}]*$|[Ww]{3}\.",
            r"\s['‘]\p{L}+['’]|\s[-–—]\s",
            # Word boundaries by hand: Rust's \b makes the search slow on text that is not ASCII.
            rf"(?:^|[ .,])(?i:{'|'.join(words)})(?:$|[ .,])",
            rf"[{CJK}].*\p{{Latin}}|\p{{Latin}}.*[{CJK}]",
            r"^(?i:mr|mrs|ms|miss|herr|frau|mme)\.?\s+[xyzXYZ]\.?$|(?:^|[ .,])[xX]{2,}(?:$|[ .,])",
            rf"某|{native}|[部科室处處]$|...(?:{cell_words('organization_end')})$|^(?:{cell_words('role')})$",
            rf"^[{HAN}]{{2,4}}\s*[和与與及,]\s*[{HAN}]{{2,4}}$|^[{HAN}]{{2,3}}\s+[{HAN}]{{2,3}}$",
        ]
    )
