"""The persons of the demo company, as they are: one row per person, with what was true earlier.

In: random numbers and `ErrorRates`. Out: a frame with names, birth dates, numbers, homes now and before.
Invariant: nothing here is wrong; a row describes one human being.
What does not belong here: how a system recorded a person (`person_records`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.identifiers import digits, every_second, id_number, spread
from mdm_pipeline.demo.places import LANGUAGE, PLACE, by_country, countries, landlines, mobiles, places
from mdm_pipeline.demo.tables import mapping, table, word_list, words

ZH_DOMAINS = ("qq.com", "163.com", "126.com", "sina.com", "gmail.com", "foxmail.com", "139.com")
LATIN_DOMAINS = ("gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com", "web.de", "orange.fr")


def persons(rng: np.random.Generator, count: int, rates: ErrorRates) -> pl.DataFrame:
    """Draw `count` persons; an odd row may be a household member of the row before it."""
    country = countries(rng, count)
    follows = every_second(rng, count, rates.household)
    country = _inherit(country, follows)
    chinese = (country == "CN").to_numpy()
    male = spread(rng, count, 0.5)
    frame = pl.DataFrame({"country": country, "is_male": male, "follows": follows})
    frame = frame.hstack(_names(rng, country, male))
    frame = frame.hstack(places(rng, country)).with_columns(birth_on=_births(rng, count))
    frame = frame.with_columns(landline=landlines(rng, country, frame["area"]))
    frame = _households(rng, frame, follows, rates)
    frame = _earlier_lives(rng, frame, rates)
    frame = frame.with_columns(
        id_number=id_number(
            rng,
            _elsewhere(rng, frame["division"].fill_null("110105")),
            frame["birth_on"],
            frame["is_male"].to_numpy(),
        ),
        both_scripts=pl.Series(spread(rng, count, rates.both_scripts_person) & chinese),
    )
    return frame.with_columns(id_number=pl.when(pl.Series(chinese)).then("id_number"))


def _inherit(column: pl.Series, follows: np.ndarray) -> pl.Series:
    """The value of the row before, where a row follows it."""
    return pl.select(pl.when(pl.Series(follows)).then(column.shift(1)).otherwise(column).alias(column.name))[
        column.name
    ]


def _elsewhere(rng: np.random.Generator, division: pl.Series) -> pl.Series:
    """Many people were registered in another place than the one they live in."""
    count = len(division)
    other = words("cities_zh").pick(rng, count, "division")
    return pl.select(pl.when(pl.Series(spread(rng, count, 0.4))).then(other).otherwise(division).alias("d"))["d"]


def _births(rng: np.random.Generator, count: int) -> pl.Series:
    """Birth dates between 1940 and 2006, denser between 1970 and 2000."""
    years = rng.normal(1984, 13, count)
    outside = (years < 1938) | (years > 2007)
    years = np.where(outside, rng.uniform(1950, 2005, count), years)
    days = ((years - 1970) * 365.25).astype(np.int32)
    return pl.Series("birth_on", days).cast(pl.Date)


def _names(rng: np.random.Generator, country: pl.Series, male: np.ndarray) -> pl.DataFrame:
    parts = {}
    for code in LANGUAGE:
        here = (country == code).to_numpy()
        if here.any():
            language = LANGUAGE[code]
            draw = _chinese_names if language == "zh" else _latin_names
            parts[code] = draw(rng, male[here], language)
    return by_country(country, parts)


NAME = ["family", "given", "family_latin", "given_latin", "middle", "nickname"]


def _chinese_names(rng: np.random.Generator, male: np.ndarray, language: str) -> pl.DataFrame:
    count = len(male)
    family = table("surnames_zh")[words("surnames_zh").draw(rng, count)]
    popular, composed = [], []
    for gender in ("F", "M"):
        usual = words("given_zh", gender=gender)
        popular.append(usual.frame[usual.draw(rng, count)].select("hanzi", "pinyin"))
        composed.append(_composed_given(rng, count, gender))
    choice = pl.DataFrame(
        {
            "male": male,
            "usual": spread(rng, count, 0.45),
            **{
                f"{kind}_{g}_{c}": frames[i][c]
                for kind, frames in (("usual", popular), ("composed", composed))
                for i, g in enumerate("FM")
                for c in ("hanzi", "pinyin")
            },
        }
    )

    def pick(column: str) -> pl.Expr:
        return (
            pl.when(pl.col("usual") & pl.col("male"))
            .then(f"usual_M_{column}")
            .when(pl.col("usual"))
            .then(f"usual_F_{column}")
            .when(pl.col("male"))
            .then(f"composed_M_{column}")
            .otherwise(f"composed_F_{column}")
        )

    return choice.select(
        family=family["hanzi"],
        given=pick("hanzi"),
        family_latin=family["pinyin"].str.to_titlecase(),
        given_latin=pick("pinyin").str.to_titlecase(),
        middle=pl.lit(None, dtype=pl.String),
        nickname=pl.lit(None, dtype=pl.String),
    ).select(NAME)


def _composed_given(rng: np.random.Generator, count: int, gender: str) -> pl.DataFrame:
    """Given names of one or two characters that suit the gender."""
    characters = word_list(table("given_characters_zh").filter(pl.col("gender").is_in([gender, "U"])))
    first, second = (
        characters.frame[characters.draw(rng, count)],
        characters.frame[characters.draw(rng, count)],
    )
    single = pl.Series(spread(rng, count, 0.15))
    return pl.select(
        hanzi=pl.when(single).then(first["hanzi"]).otherwise(first["hanzi"] + second["hanzi"]),
        pinyin=pl.when(single).then(first["pinyin"]).otherwise(first["pinyin"] + " " + second["pinyin"]),
    )


def family_names(rng: np.random.Generator, count: int, language: str) -> pl.Series:
    """Latin family names: the common ones, and a long tail composed of two parts."""
    common = words("surnames_latin", language=language).pick(rng, count, "name")
    if language == "hk":
        return common
    rare = words("surname_parts_latin", language=language, part="head").pick(rng, count, "text")
    rare = rare + words("surname_parts_latin", language=language, part="tail").pick(rng, count, "text")
    return pl.select(pl.when(pl.Series(spread(rng, count, 0.7))).then(common).otherwise(rare).alias("f"))["f"]


def _latin_names(rng: np.random.Generator, male: np.ndarray, language: str) -> pl.DataFrame:
    count = len(male)
    given_language = "en" if language == "hk" else language
    men = words("given_latin", language=given_language, gender="M").pick(rng, count, "name")
    women = words("given_latin", language=given_language, gender="F").pick(rng, count, "name")
    given = pl.select(pl.when(pl.Series(male)).then(men).otherwise(women).alias("g"))["g"]
    family = family_names(rng, count, language)
    initials = pl.Series(
        np.array(list("ABCDEFGHJKLMNPRSTW"), dtype=object)[rng.integers(0, 18, count)], dtype=pl.String
    )
    nickname = words("nicknames").frame
    nickname = nickname.unique(subset=["name"], keep="first", maintain_order=True)
    return pl.select(
        family=family,
        given=given,
        family_latin=family,
        given_latin=given,
        middle=pl.when(pl.Series(spread(rng, count, 0.3))).then(initials),
        nickname=given.replace_strict(mapping("nicknames", "name", "nickname"), default=None),
    ).select(NAME)


def _households(rng: np.random.Generator, frame: pl.DataFrame, follows: np.ndarray, rates: ErrorRates) -> pl.DataFrame:
    """Let followers share home, land line and, by their relation, name and birth date with the row before."""
    count = frame.height
    chance = rng.random(count)
    chinese = (frame["country"] == "CN").to_numpy()
    namesake = follows & (chance < rates.father_and_son) & ~chinese
    twin = follows & (chance > 1 - rates.twins)
    spouse = follows & (chance >= rates.father_and_son) & (chance < 0.55)
    same_family = follows & ~(spouse & chinese)
    leader = frame.shift(1)
    older = rng.integers(20, 35, count) * 365 + rng.integers(0, 365, count)
    born = (leader["birth_on"].cast(pl.Int32).fill_null(0).to_numpy() + older).astype(np.int32)
    columns: dict[str, pl.Expr] = {}
    for column in [*PLACE, "landline"]:
        columns[column] = pl.when(pl.Series(follows)).then(leader[column]).otherwise(pl.col(column))
    for column in ("family", "family_latin"):
        columns[column] = pl.when(pl.Series(same_family)).then(leader[column]).otherwise(pl.col(column))
    for column in ("given", "given_latin", "middle", "nickname", "is_male"):
        columns[column] = pl.when(pl.Series(namesake)).then(leader[column]).otherwise(pl.col(column))
    columns["birth_on"] = (
        pl.when(pl.Series(twin))
        .then(leader["birth_on"])
        .when(pl.Series(follows & ~spouse & ~twin))
        .then(
            pl.when(pl.Series(born) < 13800).then(pl.Series(born)).otherwise(pl.Series(born - 2 * older)).cast(pl.Date)
        )
        .otherwise(pl.col("birth_on"))
    )
    return frame.with_columns(**columns)


def _earlier_lives(rng: np.random.Generator, frame: pl.DataFrame, rates: ErrorRates) -> pl.DataFrame:
    """Add what was true before: address, phone, e-mail, maiden name; and give some numbers to strangers."""
    count = frame.height
    country = frame["country"]
    latin = (country != "CN").to_numpy()
    old_place = places(rng, country).rename({column: f"old_{column}" for column in PLACE})
    stays = pl.Series(spread(rng, count, 0.6))
    old_place = old_place.with_columns(
        **{
            f"old_{column}": pl.when(stays).then(frame[column]).otherwise(pl.col(f"old_{column}"))
            for column in ("city", "city_en", "province", "area", "division", "postcode")
        }
    )
    moved = pl.Series(spread(rng, count, rates.moved_person))
    changed_phone = spread(rng, count, rates.changed_phone)
    mobile, old_mobile = mobiles(rng, country), mobiles(rng, country)
    recycled = spread(rng, count, rates.recycled_phone)
    for code in country.unique().sort():
        here = (country == code).to_numpy()
        givers = rng.permutation(np.flatnonzero(changed_phone & here))
        heirs = np.flatnonzero(recycled & ~changed_phone & here)[: len(givers)]
        if len(heirs):
            mobile = mobile.scatter(heirs, old_mobile.gather(givers[: len(heirs)]))
    maiden_name = family_names(rng, count, "en")
    married = latin & ~frame["is_male"].to_numpy() & spread(rng, count, rates.married)
    return frame.hstack(old_place).with_columns(
        has_moved=moved,
        mobile=mobile,
        old_mobile=pl.when(pl.Series(changed_phone)).then(old_mobile),
        email=_emails(rng, frame),
        old_email=pl.when(pl.Series(spread(rng, count, rates.changed_email))).then(_emails(rng, frame)),
        old_family=pl.when(pl.Series(married)).then(maiden_name),
    )


def _emails(rng: np.random.Generator, frame: pl.DataFrame) -> pl.Series:
    """Private e-mail addresses in a few usual patterns."""
    count = frame.height
    chinese = frame["country"] == "CN"
    zh = pl.Series(np.array(ZH_DOMAINS, dtype=object)[rng.integers(0, len(ZH_DOMAINS), count)], dtype=pl.String)
    latin = pl.Series(
        np.array(LATIN_DOMAINS, dtype=object)[rng.integers(0, len(LATIN_DOMAINS), count)], dtype=pl.String
    )
    number, year = digits(rng, count, 3), frame["birth_on"].dt.strftime("%y")
    first = frame["given_latin"].str.replace_all(" ", "")
    last = frame["family_latin"].str.replace_all("[^A-Za-zÀ-ÿ]", "")
    style = pl.Series(rng.integers(0, 4, count))
    local = (
        pl.when(style == 0)
        .then(first + "." + last + number)
        .when(style == 1)
        .then(last + first + year)
        .when(style == 2)
        .then(first.str.slice(0, 1) + last + number)
        .otherwise(pl.when(chinese).then(digits(rng, count, 9)).otherwise(last + "." + first + year))
    )
    domain = pl.when(chinese).then(zh).otherwise(latin)
    return pl.select((strip_accents(local) + "@" + domain).alias("email"))["email"]


ACCENTS = dict(zip("àâäáçéèêëîïíñôöóøùûüúß", "aaaaceeeeiiinoooouuuus", strict=True))


def strip_accents(expression: pl.Expr) -> pl.Expr:
    """Lower case, plain ASCII letters."""
    return expression.str.to_lowercase().str.replace_many(list(ACCENTS), list(ACCENTS.values()))
