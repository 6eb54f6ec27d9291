"""Records of persons: what CRM, ERP and finance wrote down about each of them, errors included.

In: the true persons, where they are recorded, `ErrorRates`. Out: one row per record with columns `RECORD`.
Invariant: each record tells of the person in its column `party`, however badly.
What does not belong here: the systems' own tables and keys (`systems`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo import corruption
from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.places import PLACE
from mdm_pipeline.demo.rendering import addresses, columns_of, phones, pinyin_names

RECORD = [
    "party", "table", "kind", "country", "name", "second_name", "first", "last", "gender", "birth", "mobile",
    "phone", "email", "tax", "province", "city", "address", "postcode", "former_name", "employer",
]  # fmt: skip
PLACEHOLDER_PHONES = ("13800000000", "00000000000", "12345678", "11111111", "无", "N/A", "123")
PLACEHOLDER_EMAILS = ("test@test.com", "none@none.com", "无", "N/A", "noemail@example.com")
PLACEHOLDER_TEXTS = ("N/A", "无", "-", "unknown", "不详")


def person_records(
    rng: np.random.Generator,
    people: pl.DataFrame,
    placed: pl.DataFrame,
    companies: pl.DataFrame,
    employer: np.ndarray,
    rates: ErrorRates,
) -> pl.DataFrame:
    """Write down the persons.

    Args:
        rng: random numbers.
        people: `persons.persons`.
        placed: columns `party` and `table`, one row per record.
        companies: `organizations.organizations`, for switchboards and common mailboxes.
        employer: per person the row of the company it works for, or -1.
        rates: how often each error occurs.
    """
    true = people[placed["party"]]
    work = employer[placed["party"].to_numpy()]
    is_contact = (placed["table"] == "contact").to_numpy() & (work >= 0)
    office = companies[np.maximum(work, 0)]
    names = _names(rng, true, rates)
    count = true.height
    use_old = true["has_moved"].to_numpy() & spread(rng, count, rates.old_value)
    where = columns_of(rng, true, PLACE, use_old)
    mobile, phone = _phones(rng, true, is_contact, office, rates)
    address = _addresses(rng, where, mobile, rates)
    local = pl.Series(where["country"] == "CN")
    city = corruption.choose(local & pl.Series(spread(rng, count, 0.5)), where["city"] + "市", where["city"])
    return names.with_columns(
        party=placed["party"],
        table=placed["table"],
        kind=pl.lit("P"),
        country=true["country"],
        gender=corruption.choose(true["is_male"], pl.lit("M"), pl.lit("F")),
        birth=_births(rng, true["birth_on"], rates),
        mobile=mobile,
        phone=phone,
        email=_emails(rng, true, is_contact, office, rates),
        tax=_id_numbers(rng, true, placed["table"], rates),
        province=where["province"],
        city=city,
        address=address,
        postcode=corruption.blank(where["postcode"], spread(rng, count, 0.3)),
        former_name=pl.lit(None, dtype=pl.String),
        employer=pl.Series(np.where(is_contact, work, -1)),
    ).select(RECORD)


def _names(rng: np.random.Generator, true: pl.DataFrame, rates: ErrorRates) -> pl.DataFrame:
    """Full, first and last name, and the name in the other script."""
    count = true.height
    chinese = (true["country"] == "CN").to_numpy()
    both = true["both_scripts"].to_numpy()
    spelled = both & spread(rng, count, rates.latin_spelling)
    hanzi = chinese & ~spelled
    pinyin = pinyin_names(rng, true)
    maiden = spread(rng, count, rates.old_value)
    family = true["family"]
    family = corruption.choose(pl.Series(maiden) & true["old_family"].is_not_null(), true["old_family"], family)
    first = corruption.choose(pl.Series(spelled), pinyin["first"], _latin_first(rng, true, rates))
    last = corruption.choose(pl.Series(spelled), pinyin["last"], family)
    wrong = spread(rng, count, rates.typo_name)
    on_last = spread(rng, count, 0.5)
    last = corruption.typos(rng, last, wrong & on_last & ~hanzi)
    first = corruption.typos(rng, first, wrong & ~on_last & ~hanzi)
    first = corruption.homophones(rng, first, wrong & hanzi)
    shouted = pl.Series(spread(rng, count, rates.upper_name) & ~hanzi)
    first = corruption.choose(shouted, first.str.to_uppercase(), first)
    last = corruption.choose(shouted, last.str.to_uppercase(), last)
    old_style = spread(rng, count, rates.traditional) & hanzi
    first, last = corruption.traditional(first, old_style), corruption.traditional(last, old_style)
    swapped = pl.Series(spread(rng, count, rates.swapped_name))
    first, last = corruption.choose(swapped, last, first), corruption.choose(swapped, first, last)
    full = _full(rng, true, first, last, hanzi, spelled, rates)
    other = corruption.choose(pl.Series(hanzi), pinyin["full"], true["family"] + true["given"])
    given = pl.Series(both & spread(rng, count, rates.second_script_given))
    return pl.DataFrame(
        {
            "name": full,
            "first": first,
            "last": last,
            "second_name": corruption.blank(other, ~given.to_numpy()),
        }
    )


def _latin_first(rng: np.random.Generator, true: pl.DataFrame, rates: ErrorRates) -> pl.Series:
    """The given name, sometimes a nickname or only an initial."""
    count = true.height
    informal = pl.Series(spread(rng, count, rates.nickname)) & true["nickname"].is_not_null()
    cut = pl.Series(spread(rng, count, rates.initial_name)) & (true["country"] != "CN")
    first = corruption.choose(informal, true["nickname"], true["given"])
    return corruption.choose(cut, first.str.slice(0, 1) + ".", first)


def _full(
    rng: np.random.Generator,
    true: pl.DataFrame,
    first: pl.Series,
    last: pl.Series,
    hanzi: np.ndarray,
    spelled: np.ndarray,
    rates: ErrorRates,
) -> pl.Series:
    """The full name as one cell: 李伟, Li Wei, Wei Li, William J. Miller, Miller, William."""
    count = true.height
    comma, family_first = spread(rng, count, rates.comma_name), spread(rng, count, 0.35)
    initial = pl.Series(spread(rng, count, 0.5)) & true["middle"].is_not_null()
    middle = corruption.choose(initial, true["middle"] + ".", pl.lit(""))
    latin = corruption.choose(initial, first + " " + middle + " " + last, first + " " + last)
    latin = corruption.choose(comma, last + ", " + first, latin)
    latin = corruption.choose(spelled & family_first, last + " " + first, latin)
    wide = spread(rng, count, rates.full_width)
    return corruption.full_width(corruption.choose(hanzi, last + first, latin), wide & ~hanzi)


def _births(rng: np.random.Generator, birth: pl.Series, rates: ErrorRates) -> pl.Series:
    """Birth dates as ISO text: day and month swapped, a digit wrong, 1900-01-01, or missing."""
    count = len(birth)
    text = birth.dt.strftime("%Y-%m-%d")
    swapped = corruption.choose(birth.dt.day() <= 12, birth.dt.strftime("%Y-%d-%m"), text)
    wrong = spread(rng, count, rates.wrong_birth_date)
    text = corruption.choose(wrong & spread(rng, count, 0.5), swapped, text)
    shifted = (birth.cast(pl.Int32) + pl.Series(rng.choice([-365, -10, -1, 1, 10, 365], count)).cast(pl.Int32)).cast(
        pl.Date
    )
    text = corruption.choose(wrong & spread(rng, count, 0.5), shifted.dt.strftime("%Y-%m-%d"), text)
    text = corruption.blank(text, spread(rng, count, rates.missing_birth_date))
    return corruption.one_of(rng, text, spread(rng, count, rates.placeholder_birth_date), ("1900-01-01",))


def _phones(
    rng: np.random.Generator,
    true: pl.DataFrame,
    is_contact: np.ndarray,
    office: pl.DataFrame,
    rates: ErrorRates,
) -> tuple[pl.Series, pl.Series]:
    """Mobile and land line as typed."""
    count = true.height
    old = pl.Series(spread(rng, count, rates.old_value)) & true["old_mobile"].is_not_null()
    mobile = corruption.choose(old, true["old_mobile"], true["mobile"])
    mobile = corruption.wrong_character(rng, mobile, spread(rng, count, rates.wrong_phone))
    mobile = phones(rng, mobile, true["country"])
    mobile = corruption.masked(mobile, spread(rng, count, rates.masked_phone), 3)
    landline = phones(rng, true["landline"], true["country"])
    two = spread(rng, count, rates.several_phones)
    signs = pl.Series(np.array(["/", "; ", "、", " or "], dtype=object)[rng.integers(0, 4, count)], dtype=pl.String)
    mobile = corruption.choose(two, mobile + signs + landline, mobile)
    only_home = spread(rng, count, rates.household_phone)
    switchboard = spread(rng, count, rates.switchboard_phone) & is_contact
    mobile = corruption.blank(mobile, spread(rng, count, rates.missing_phone) | only_home | switchboard)
    mobile = corruption.full_width(mobile, spread(rng, count, rates.full_width))
    mobile = corruption.one_of(rng, mobile, spread(rng, count, rates.placeholder_phone), PLACEHOLDER_PHONES)
    landline = corruption.blank(landline, ~(only_home | spread(rng, count, 0.1)))
    central = phones(rng, office["phone"], office["country"])
    extension = pl.Series(rng.integers(100, 999, count)).cast(pl.String)
    central = corruption.choose(spread(rng, count, 0.3), central + "-" + extension, central)
    return mobile, corruption.choose(switchboard, central, landline)


def _emails(
    rng: np.random.Generator,
    true: pl.DataFrame,
    is_contact: np.ndarray,
    office: pl.DataFrame,
    rates: ErrorRates,
) -> pl.Series:
    """Private, earlier or common e-mail addresses, with typing errors."""
    count = true.height
    old = pl.Series(spread(rng, count, rates.old_value)) & true["old_email"].is_not_null()
    email = corruption.choose(old, true["old_email"], true["email"])
    email = corruption.typos(rng, email, spread(rng, count, rates.typo_email))
    email = corruption.blank(email, spread(rng, count, rates.missing_email))
    common = is_contact & spread(rng, count, rates.company_email)
    email = corruption.choose(common, office["mailbox"] + "@" + office["domain"], email)
    email = corruption.choose(spread(rng, count, 0.05), email.str.to_uppercase(), email)
    return corruption.one_of(rng, email, spread(rng, count, rates.placeholder_email), PLACEHOLDER_EMAILS)


def _addresses(rng: np.random.Generator, where: pl.DataFrame, mobile: pl.Series, rates: ErrorRates) -> pl.Series:
    """Addresses as typed; the phone may stand in the address cell."""
    count = where.height
    street = corruption.typos(
        rng, where["street"], spread(rng, count, rates.typo_address) & (where["country"] != "CN").to_numpy()
    )
    street = corruption.homophones(
        rng, street, spread(rng, count, rates.typo_address) & (where["country"] == "CN").to_numpy()
    )
    line = addresses(rng, where.with_columns(street=street), short=rates.short_address, full=rates.full_address)
    line = corruption.traditional(line, spread(rng, count, rates.traditional))
    line = corruption.full_width(line, spread(rng, count, rates.full_width))
    line = corruption.blank(line, spread(rng, count, rates.missing_address))
    inside = pl.Series(spread(rng, count, rates.phone_in_address)) & mobile.is_not_null()
    line = corruption.choose(inside, line + " 电话" + mobile, line)
    return corruption.one_of(rng, line, spread(rng, count, rates.placeholder_text), PLACEHOLDER_TEXTS)


def _id_numbers(rng: np.random.Generator, true: pl.DataFrame, table: pl.Series, rates: ErrorRates) -> pl.Series:
    """Chinese id numbers where a system has a place for them; some masked, some wrong."""
    count = true.height
    number = corruption.wrong_character(rng, true["id_number"], spread(rng, count, rates.wrong_tax_id))
    number = corruption.masked(number, spread(rng, count, rates.masked_id), 6)
    return corruption.blank(number, ~spread(rng, count, rates.id_number_given) | (table == "account").to_numpy())
