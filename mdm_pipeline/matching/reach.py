"""What is compared of persons and organizations alike: phones and places.

In: nothing. Out: `PHONE`, `LOCATION`. Invariant: every column stands in both feature files.
Does not belong here: names and identifiers.
"""

from __future__ import annotations

from mdm_pipeline.matching.comparisons import Chance, Comparison, Level, any_equal, either_missing

PHONE = Comparison(
    "phone",
    either_missing("phones", "shared_phones"),
    (
        Level("equal", any_equal("phones"), 0.6, Chance.COUNTED, "phones", per_record=True),
        Level("equal_shared", any_equal("shared_phones"), 0.1, Chance.COUNTED, "shared_phones", per_record=True),
        Level("different", "", 0.3),
    ),
)

LOCATION = Comparison(
    "location",
    either_missing("addresses", "shared_addresses", "cities", "postcodes"),
    (
        Level("same_address", any_equal("addresses"), 0.3, Chance.COUNTED, "addresses", per_record=True),
        Level(
            "same_shared_address",
            any_equal("shared_addresses"),
            0.05,
            Chance.COUNTED,
            "shared_addresses",
            per_record=True,
        ),
        Level("same_house", any_equal("streets"), 0.2, Chance.COUNTED, "streets", per_record=True),
        Level("similar_street", "jaro_winkler_similarity(street_l, street_r) >= 0.93", 0.1),
        Level("same_postcode", any_equal("postcodes"), 0.1),
        Level("same_city", any_equal("cities"), 0.1),
        Level("different", "", 0.15),
    ),
)
