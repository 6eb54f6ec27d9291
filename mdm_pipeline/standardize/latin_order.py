"""Which word of a name in Latin letters is the family name.

In: the traits of the words of one name, in order. Out: the role of every word.
Invariant: every word has exactly one role; names whose words have the same traits are taken apart alike, so
that the rules run once per distinct pattern and not once per name.
Does not belong here: what a word looks like (`latin_tokens`), keys (`person_names`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from mdm_pipeline.standardize.latin_tokens import Trait

FAMILY, GIVEN, MIDDLE, SUFFIX, TITLE, NICK, DROPPED = "FGMSTND"
_Split = tuple[list[int], list[int], list[int]]


class Order(NamedTuple):
    """The roles of the words, a letter each; `manner` is how a Chinese or Korean name is spelled, else 'other'.

    `alias` lists the words of a further name that the same words hold: Peter Chan of Peter Chan Tai Man.
    """

    roles: str
    manner: str
    alias: tuple[int, ...]


@lru_cache(maxsize=200_000)
def order_of(traits: tuple[int, ...], apart: bool) -> Order:
    """Give every word its role.

    Args:
        traits: bits of `Trait` of each word; commas are words of their own.
        apart: the words before the first comma are the family name, because the source says so.
    """
    return _Name(traits).order(apart)


class _Name:
    def __init__(self, traits: tuple[int, ...]) -> None:
        self.traits = traits
        self.roles = [DROPPED] * len(traits)
        self.alias: tuple[int, ...] = ()

    def order(self, apart: bool) -> Order:
        segments = self._segments()
        if not segments:
            return Order("".join(self.roles), "other", ())
        if len(segments) > 1:
            family, given, middle = self._around_comma(segments[0], [i for part in segments[1:] for i in part], apart)
        elif len(segments[0]) == 1:
            family, given, middle = self._single(segments[0][0])
        else:
            family, given, middle = self._choose(segments[0])
        for role, places in ((FAMILY, family), (GIVEN, given), (MIDDLE, middle)):
            for place in places:
                self.roles[place] = role
        return Order("".join(self.roles), self._manner(family, given), self.alias)

    def has(self, place: int, trait: int) -> bool:
        return bool(self.traits[place] & trait)

    def all_have(self, places: list[int], trait: int) -> bool:
        return all(self.traits[place] & trait for place in places)

    def _segments(self) -> list[list[int]]:
        """The words between commas, without titles and suffixes, which get their role here."""
        segments: list[list[int]] = [[]]
        for place in range(len(self.traits)):
            if self.has(place, Trait.COMMA):
                segments.append([])
            elif not self.has(place, Trait.NOTHING):
                segments[-1].append(place)
        kept: list[list[int]] = []
        after = Trait.SUFFIX | Trait.END_TITLE | Trait.COMMA_TITLE | Trait.FRONT_TITLE
        for number, segment in enumerate(segments):
            if segment and number and kept and all(self.traits[place] & after for place in segment):
                for place in segment:
                    self.roles[place] = SUFFIX if self.has(place, Trait.SUFFIX) else TITLE
            elif segment:
                kept.append(self._without_titles(segment))
        return kept

    def _without_titles(self, segment: list[int]) -> list[int]:
        places = list(segment)
        while len(places) > 1 and self.has(places[0], Trait.FRONT_TITLE):
            self.roles[places.pop(0)] = TITLE
        while len(places) > 1 and self._ends(places):
            place = places.pop()
            self.roles[place] = SUFFIX if self.has(place, Trait.SUFFIX) else TITLE
        return places

    def _ends(self, places: list[int]) -> bool:
        last = places[-1]
        short_degree = self.has(last, Trait.COMMA_TITLE) and self.has(last, Trait.NO_VOWEL) and len(places) > 2
        return self.has(last, Trait.SUFFIX | Trait.END_TITLE) or short_degree

    def _around_comma(self, family: list[int], given: list[int], apart: bool) -> _Split:
        chinese = self.has(family[0], Trait.CHINESE_SURNAME) and self.all_have(family[1:], Trait.CHINESE)
        if not apart and len(family) > 1 and chinese and not self.all_have(given, Trait.CHINESE):
            self.alias = (*given, family[0])
            return self._with_nick(family[:1], family[1:], given)
        if len(family) == 1 and chinese:
            return self._chinese_given(family, given)
        if len(family) == 1 and self.has(family[0], Trait.VIETNAMESE) and len(given) > 1:
            return family, given[-1:], given[:-1]
        return self._of(family, given)

    def _with_nick(self, family: list[int], given: list[int], nick: list[int]) -> _Split:
        for place in nick:
            self.roles[place] = NICK
        return family, given, []

    def _chinese_given(self, family: list[int], given: list[int]) -> _Split:
        """Of an English and a Chinese given name side by side the English one is a further name."""
        western = [place for place in given if not self.has(place, Trait.CHINESE)]
        native = [place for place in given if place not in western]
        if native and western and len(western) == 1 and not self.has(western[0], Trait.INITIAL):
            self.alias = (*western, *family)
            return self._with_nick(family, native, western)
        return self._of(family, given)

    def _single(self, place: int) -> _Split:
        titled = TITLE in self.roles
        surname = self.has(place, Trait.CHINESE_SURNAME | Trait.SURNAME | Trait.IBERIAN) and not self.has(
            place, Trait.GIVEN
        )
        is_given = self.has(place, Trait.GIVEN) or (self.has(place, Trait.CHINESE) and not surname)
        if is_given and not titled and not surname:
            return [], [place], []
        return [place], [], []

    def _choose(self, places: list[int]) -> _Split:
        """The first rule that applies tells the order."""
        rules: tuple[Callable[[list[int]], _Split | None], ...] = (
            self._by_capitals,
            self._by_patronymic,
            self._vietnamese,
            self._korean,
            self._chinese,
            self._surname_first,
            self._by_initials,
            self._by_particle,
            self._double_surname,
        )
        for rule in rules:
            found = rule(places)
            if found is not None:
                return found
        return self._of(places[-1:], places[:-1])

    def _of(self, family: list[int], given: list[int]) -> _Split:
        """Family and given names, where the first given name is the one that counts."""
        whole = self._manner(family, given) != "other"
        return (family, given, []) if whole else (family, given[:1], given[1:])

    def _by_capitals(self, places: list[int]) -> _Split | None:
        upper = [place for place in places if self.has(place, Trait.UPPER)]
        rest = [place for place in places if place not in upper and not self.has(place, Trait.INITIAL)]
        if not upper or not rest or upper != list(range(upper[0], upper[-1] + 1)):
            return None
        start, end = places.index(upper[0]), places.index(upper[-1]) + 1
        while start and self.has(places[start - 1], Trait.PARTICLE) and self.has(places[start - 1], Trait.LOWER):
            start -= 1
        family, before, after = places[start:end], places[:start], places[end:]
        initials = self.has(family[0], Trait.NO_VOWEL) and not self.has(family[0], Trait.CHINESE_SURNAME)
        if not before + after or (initials and not before):
            return None
        chinese = self.has(family[0], Trait.CHINESE_SURNAME)
        if before and after and chinese and self.all_have(after, Trait.CHINESE):
            self.alias = (*before, *family)
            return self._with_nick(family, after, before)
        if after and not before and chinese:
            return self._chinese_given(family, after)
        if not before and self.has(family[0], Trait.VIETNAMESE) and len(after) > 1:
            return family, after[-1:], after[:-1]
        return self._of(family, before + after)

    def _by_patronymic(self, places: list[int]) -> _Split | None:
        if len(places) != 3:
            return None
        first, second, third = places
        if self.has(second, Trait.PATRONYMIC):
            return [third], [first], [second]
        return ([first], [second], [third]) if self.has(third, Trait.PATRONYMIC) else None

    def _vietnamese(self, places: list[int]) -> _Split | None:
        first, rest = places[0], places[1:]
        marked = len(places) > 2 and self.has(places[1], Trait.VIETNAMESE_MIDDLE | Trait.VIETNAMESE)
        marked = marked or any(self.has(place, Trait.VIETNAMESE_LETTERS) for place in places)
        sure = self.has(first, Trait.VIETNAMESE) and not self.has(places[-1], Trait.VIETNAMESE)
        if not (sure or (marked and self.has(first, Trait.VIETNAMESE_LIKELY))):
            return None
        return [first], rest[-1:], rest[:-1]

    def _korean(self, places: list[int]) -> _Split | None:
        for family, given in ((places[:1], places[1:]), (places[-1:], places[:-1])):
            # Of two words that are both surnames the order is not told by that.
            unclear = len(places) == 2 and self.all_have(places, Trait.KOREAN_SURNAME)
            if self._is_korean(family, given) and not unclear:
                return family, given, []
        return None

    def _is_korean(self, family: list[int], given: list[int]) -> bool:
        """One word of two syllables or two of one, that are no Chinese ones after a surname that can be Chinese."""
        if not family or not self.has(family[0], Trait.KOREAN_SURNAME) or not self.all_have(given, Trait.KOREAN):
            return False
        whole = (len(given) == 1 and self.has(given[0], Trait.KOREAN_WHOLE)) or len(given) == 2
        chinese = self.has(family[0], Trait.CHINESE_SURNAME) and self.all_have(given, Trait.CHINESE)
        return whole and not chinese

    def _chinese(self, places: list[int]) -> _Split | None:
        if len(places) == 2:
            return self._two_chinese(*places)
        if len(places) > 5:
            return None
        first, last, middle = places[0], places[-1], places[1:-1]
        first_is_surname = self.has(first, Trait.CHINESE_SURNAME)
        if first_is_surname and self.all_have(places[1:], Trait.CHINESE | Trait.CHINESE_SURNAME):
            return self._all_chinese(places)
        english_last = self._is_western(last) and not self.has(last, Trait.CHINESE_SURNAME)
        if first_is_surname and self.all_have(middle, Trait.CHINESE) and english_last:
            return self._chinese_given([first], places[1:])
        if self.has(last, Trait.CHINESE_SURNAME) and self.all_have(places[:-1], Trait.CHINESE):
            return [last], places[:-1], []
        if self._is_western(first):
            return self._after_english(places)
        return None

    def _is_western(self, place: int) -> bool:
        return not self.has(place, Trait.CHINESE | Trait.INITIAL | Trait.PARTICLE)

    def _two_chinese(self, first: int, second: int) -> _Split | None:
        if self.has(first, Trait.CHINESE_SURNAME):
            chinese = self.has(second, Trait.CHINESE | Trait.CHINESE_SURNAME | Trait.HYPHEN)
            given = self.has(second, Trait.GIVEN) and not self.has(second, Trait.EITHER)
            if chinese and self._is_likelier(second, first):
                return [second], [first], []
            # What follows a surname that only Chinese have is its given name, whatever the spelling.
            foreign = Trait.GIVEN | Trait.SURNAME | Trait.IBERIAN | Trait.PARTICLE | Trait.INITIAL
            unknown = self.has(first, Trait.CHINESE_ONLY) and not self.has(second, foreign)
            if chinese or unknown or (given and not self.has(first, Trait.GIVEN)):
                return [first], [second], []
            return None
        is_name = self.has(second, Trait.CHINESE_SURNAME) and self.has(first, Trait.CHINESE)
        return ([second], [first], []) if is_name else None

    def _is_likelier(self, other: int, first: int) -> bool:
        """Whether `other` is clearly the more frequent surname, so that the order is not the Chinese one."""
        if not self.has(other, Trait.CHINESE_SURNAME) or self.has(first, Trait.CHINESE_FREQUENT):
            return False
        return self.has(other, Trait.CHINESE_FREQUENT) or (
            self.has(other, Trait.CHINESE_USUAL) and not self.has(first, Trait.CHINESE_USUAL)
        )

    def _all_chinese(self, places: list[int]) -> _Split:
        """A surname and given syllables; two surnames where a wife keeps her own behind her husband's."""
        first, second, rest = places[0], places[1], places[2:]
        if self.has(second, Trait.CHINESE_SURNAME) and (
            len(rest) == 2 or (len(rest) == 1 and self.has(rest[0], Trait.HYPHEN))
        ):
            self.alias = (second, *rest)
            return [first, second], rest, []
        last = places[-1]
        turned = self.has(last, Trait.NEVER_GIVEN) and not self.has(first, Trait.NEVER_GIVEN | Trait.CHINESE_FREQUENT)
        if len(places) == 3 and turned and not self.has(last, Trait.HYPHEN):
            return [last], places[:-1], []
        return [first], places[1:], []

    def _after_english(self, places: list[int]) -> _Split | None:
        english, second, rest, last = places[0], places[1], places[2:], places[-1]
        if self.has(second, Trait.CHINESE_SURNAME) and self.all_have(rest, Trait.CHINESE):
            hyphen = self.has(last, Trait.HYPHEN)
            if not (self.has(last, Trait.CHINESE_SURNAME) and self._is_likelier(last, second) and not hyphen):
                self.alias = (english, second)
                return self._with_nick([second], rest, [english])
        native = places[1:-1]
        if self.has(last, Trait.CHINESE_SURNAME) and self.all_have(native, Trait.CHINESE):
            # A single short syllable may as well be an English middle name (Mary Jo).
            self.alias = (*native, last) if self.has(english, Trait.GIVEN) else ()
            return [last], [english], native
        return None

    def _surname_first(self, places: list[int]) -> _Split | None:
        first, second, rest = places[0], places[1], places[1:]
        last = places[-1]
        if self.has(first, Trait.GIVEN | Trait.INITIAL | Trait.PARTICLE):
            return None
        only_given = self.has(second, Trait.GIVEN) and not self.has(second, Trait.EITHER | Trait.SURNAME)
        if len(places) == 2:
            japanese = self.has(first, Trait.JAPANESE) and not self.has(second, Trait.JAPANESE)
            known = self.has(first, Trait.SURNAME | Trait.HUNGARIAN) and self.has(second, Trait.GIVEN)
            unknown = only_given and not self.has(first, Trait.CHINESE)
            return (places[:1], rest, []) if japanese or known or unknown else None
        known = self.has(first, Trait.SURNAME | Trait.HUNGARIAN) and self.has(second, Trait.GIVEN)
        if known and len(places) == 3 and self.has(last, Trait.INITIAL | Trait.GIVEN):
            return places[:1], rest[:1], rest[1:]
        return None

    def _by_initials(self, places: list[int]) -> _Split | None:
        initials = [self.has(place, Trait.INITIAL) for place in places]
        if initials[-1] and not initials[0]:
            family = places[: initials.index(True)]
            given = places[initials.index(True) :]
            if all(initials[len(family) :]) and (len(family) == 1 or self.has(family[0], Trait.PARTICLE)):
                return family, given[:1], given[1:]
        return None

    def _by_particle(self, places: list[int]) -> _Split | None:
        if self.has(places[0], Trait.PARTICLE) and self.has(places[0], Trait.LOWER):
            return places, [], []
        inner = range(1, len(places) - 1)
        articles = [place for place in inner if self.has(places[place], Trait.ARTICLE)]
        if articles:
            start = articles[-1]
            return places[start:], places[:1], places[1:start]
        given_until = 1
        for place in inner:
            if place < given_until or not self.has(places[place], Trait.PARTICLE):
                continue
            word = next((i for i in range(place, len(places)) if not self.has(places[i], Trait.PARTICLE)), place)
            if self.has(places[word], Trait.DEVOTION) and word < len(places) - 1:
                given_until = word + 1
                continue
            if given_until > 1:
                return places[place:], places[:given_until], places[given_until:place]
            return places[place:], places[:1], places[1:place]
        return (places[given_until:], places[:given_until], []) if given_until > 1 else None

    def _double_surname(self, places: list[int]) -> _Split | None:
        joiner = next((i for i in range(2, len(places) - 1) if self.has(places[i], Trait.JOINER)), None)
        if joiner is not None:
            return places[joiner - 1 :], places[:1], places[1 : joiner - 1]
        if len(places) < 3:
            return None
        both = self.all_have(places[-2:], Trait.IBERIAN)
        by_given = self.has(places[-2], Trait.IBERIAN) and self.has(places[0], Trait.IBERIAN_GIVEN)
        return (places[-2:], places[:1], places[1:-2]) if both or by_given else None

    def _manner(self, family: list[int], given: list[int]) -> str:
        """How a Chinese or Korean name is spelled; it decides how the surname reads and that given names are one."""
        if not family:
            chinese = bool(given) and self.all_have(given, Trait.CHINESE)
            return "given" if chinese and not any(self.has(place, Trait.GIVEN) for place in given) else "other"
        if self._is_korean(family, given) and given:
            return "korean"
        spelled = Trait.CHINESE | Trait.HYPHEN
        if not self.all_have(family, Trait.CHINESE_SURNAME) or not self.all_have(given, spelled):
            return "other"
        if not given:
            return "other"
        if any(self.has(place, Trait.CANTONESE) for place in given):
            return "cantonese"
        if any(self.has(place, Trait.WADE_GILES | Trait.HYPHEN) for place in given):
            return "wade_giles"
        return "pinyin"
