"""What is compared of two persons.

In: nothing. Out: `COMPARISONS`. Invariant: every column stands in `person_features.sql`.
Does not belong here: numbers learnt from data, except m to start from.
"""

from __future__ import annotations

from mdm_pipeline.matching.comparisons import Chance, Comparison, Level, any_equal, either_missing, rarity_levels
from mdm_pipeline.matching.reach import LOCATION, PHONE

_EXACT, _KEY = any_equal("name_norms"), any_equal("name_keys")
_SIMILAR = "jaro_winkler_similarity({0}_l, {0}_r) >= {1}"

NAME = Comparison(
    "name",
    either_missing("name_norms"),
    (
        *rarity_levels("equal", _EXACT, 0.09, -26, -24, -22, -20, -18, -16, -14, -12),
        *rarity_levels("same_key", _KEY, 0.02, -24, -20, -16, -12),
        Level("nickname", any_equal("nick_keys"), 0.04),
        Level("typo", _SIMILAR.format("main_key", "0.95"), 0.03),
        Level(
            "typo_in_part",
            f"(main_family_l = main_family_r and {_SIMILAR.format('main_given', '0.85')})"
            f" or (main_given_l = main_given_r and {_SIMILAR.format('main_family', '0.85')})",
            0.03,
        ),
        Level("initial", f"{any_equal('initial_keys')} and (has_initial_l or has_initial_r)", 0.02),
        Level("given_only", any_equal("given_keys"), 0.01, Chance.RELATED),
        Level("family_only", any_equal("family_keys"), 0.0001, Chance.RELATED, is_given=True),
        # Two unlike names with everything else equal are a couple.
        Level("different", "", 0.0005, is_given=True),
    ),
    is_ordered=False,
)

BIRTH = Comparison(
    "birth",
    "birth_year_l is null or birth_year_r is null",
    (
        Level("equal", "birth_on_l = birth_on_r", 0.9, Chance.COUNTED, "birth_on"),
        Level(
            "swapped",
            "birth_year_l = birth_year_r"
            " and day(birth_on_l) = month(birth_on_r) and month(birth_on_l) = day(birth_on_r)",
            0.02,
        ),
        Level(
            "one_part_differs",
            "(birth_year_l = birth_year_r"
            " and (month(birth_on_l) = month(birth_on_r) or day(birth_on_l) = day(birth_on_r)))"
            " or (birth_day_l = birth_day_r and birth_on_l is not null and birth_on_r is not null)",
            0.03,
        ),
        Level(
            "same_year_only_known", "birth_year_l = birth_year_r and (birth_on_l is null or birth_on_r is null)", 0.02
        ),
        Level("different", "", 0.004, is_given=True),
    ),
)

IDENTIFIER = Comparison(
    "identifier",
    f"{either_missing('person_ids')} or not ({any_equal('person_ids')} or {any_equal('person_schemes')})",
    (
        Level("equal", any_equal("person_ids"), 0.95, Chance.COUNTED, "person_ids"),
        Level("different", "", 0.05),
    ),
)

EMAIL = Comparison(
    "email",
    either_missing("emails", "shared_emails"),
    (
        Level("equal", any_equal("emails"), 0.7, Chance.COUNTED, "emails", per_record=True),
        Level("equal_shared", any_equal("shared_emails"), 0.05, Chance.COUNTED, "shared_emails", per_record=True),
        Level("same_mailbox", any_equal("mailboxes"), 0.05),
        Level("different", "", 0.2),
    ),
)

GENDER = Comparison(
    "gender",
    "gender_l is null or gender_r is null or gender_l = 'x' or gender_r = 'x'",
    (Level("equal", "gender_l = gender_r", 0.99), Level("different", "", 0.01)),
)

SUFFIX = Comparison(
    "suffix",
    either_missing("suffix"),
    (Level("equal", "suffix_l = suffix_r", 0.98), Level("different", "", 0.02)),
)

MIDDLE = Comparison(
    "middle",
    either_missing("middle"),
    (Level("equal", "middle_l = middle_r", 0.96), Level("different", "", 0.04)),
)

COMPARISONS = (NAME, BIRTH, IDENTIFIER, PHONE, EMAIL, LOCATION, GENDER, SUFFIX, MIDDLE)
