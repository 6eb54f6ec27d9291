"""What is compared of two organizations.

In: nothing. Out: `COMPARISONS`. Invariant: every column stands in `organization_features.sql`.
Does not belong here: numbers learnt from data, except m to start from.
"""

from __future__ import annotations

from mdm_pipeline.matching.comparisons import Chance, Comparison, Level, any_equal, either_missing, rarity_levels
from mdm_pipeline.matching.reach import LOCATION, PHONE

_SIMILAR = "jaro_winkler_similarity({0}_l, {0}_r) >= {1}"
_SCRIPTS_DIFFER = "main_script_l <> main_script_r"
_WORDS_INSIDE = "(list_has_all(words_l, words_r) or list_has_all(words_r, words_l))"

NAME = Comparison(
    "name",
    either_missing("name_norms"),
    (
        *rarity_levels("equal", any_equal("name_norms"), 0.09, -36, -32, -28, -24, -21, -18, -15, -12),
        *rarity_levels("same_core", any_equal("cores"), 0.04, -32, -26, -21, -17, -13),
        Level("same_sound", any_equal("core_keys"), 0.05, Chance.COUNTED),
        Level("same_without_region", any_equal("bodies"), 0.05, Chance.COUNTED),
        Level("typo", _SIMILAR.format("main_distinct", "0.96"), 0.05),
        Level(
            "short_name",
            "(main_body_r like body_pattern_l and body_length_l < body_length_r)"
            " or (main_body_l like body_pattern_r and body_length_r < body_length_l)",
            0.05,
        ),
        Level("words_inside", f"{_WORDS_INSIDE} and least(len(words_l), len(words_r)) >= 2", 0.03),
        Level("other_script_same_trade_name", f"{_SCRIPTS_DIFFER} and {any_equal('trade_keys')}", 0.04),
        Level("word_inside", _WORDS_INSIDE, 0.02),
        Level("similar", _SIMILAR.format("main_distinct", "0.91"), 0.03),
        Level("trade_name_only", any_equal("trade_keys"), 0.02, Chance.RELATED),
        Level("other_script", _SCRIPTS_DIFFER, 0.02),
        Level("different", "", 0.02),
    ),
    is_ordered=False,
)

LEGAL_FORM = Comparison(
    "legal_form",
    either_missing("legal_form"),
    (Level("equal", "legal_form_l = legal_form_r", 0.95), Level("different", "", 0.05)),
)

BRANCH = Comparison(
    "branch",
    "branch_l = '' and branch_r = ''",
    (
        Level("equal", "branch_l = branch_r", 0.7, Chance.COUNTED, "nullif(branch, '')"),
        Level(
            "similar", "branch_l <> '' and branch_r <> '' and jaro_winkler_similarity(branch_l, branch_r) >= 0.8", 0.1
        ),
        # Most pairs of a branch and its head office agree in everything else: data cannot teach that they are two.
        Level("different", "", 0.0005, Chance.RELATED, is_given=True),
    ),
)

REGION = Comparison(
    "region",
    either_missing("region"),
    (Level("equal", "region_l = region_r", 0.95), Level("different", "", 0.05)),
)

IDENTIFIER = Comparison(
    "identifier",
    f"({either_missing('entity_ids', 'shared_entity_ids', 'group_ids')})"
    f" or not ({any_equal('entity_schemes')} or {any_equal('group_schemes')})",
    (
        Level("equal", any_equal("entity_ids"), 0.8, Chance.COUNTED, "entity_ids"),
        Level(
            "equal_shared",
            any_equal("shared_entity_ids"),
            0.05,
            Chance.COUNTED,
            "shared_entity_ids",
            per_record=True,
        ),
        Level("equal_group", any_equal("group_ids"), 0.1, Chance.COUNTED, "group_ids", per_record=True),
        Level("different", "", 0.02),
    ),
)

EMAIL = Comparison(
    "email",
    either_missing("emails", "shared_emails"),
    (
        Level("equal", any_equal("emails"), 0.5, Chance.COUNTED, "emails", per_record=True),
        Level("equal_shared", any_equal("shared_emails"), 0.05, Chance.COUNTED, "shared_emails", per_record=True),
        Level("same_domain", any_equal("domains"), 0.3, Chance.COUNTED, "domains", per_record=True),
        Level("different", "", 0.2),
    ),
)

REGISTERED = Comparison(
    "registered",
    either_missing("registered_on"),
    (
        Level("equal", "registered_on_l = registered_on_r", 0.9, Chance.COUNTED, "registered_on"),
        Level("same_year", "year(registered_on_l) = year(registered_on_r)", 0.05),
        Level("different", "", 0.05),
    ),
)

COMPARISONS = (NAME, LEGAL_FORM, BRANCH, REGION, IDENTIFIER, PHONE, EMAIL, LOCATION, REGISTERED)
