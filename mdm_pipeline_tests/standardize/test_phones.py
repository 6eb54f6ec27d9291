import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.phones import standardize_phones
from mdm_pipeline_tests.standardize.frames import frame

BY_HAND = [
    ("13912345670", None, [("+8613912345670", "mobile", None)]),
    ("+86 139 1234 5670", None, [("+8613912345670", "mobile", None)]),
    ("0086-13912345670", "DE", [("+8613912345670", "mobile", None)]),
    ("１３９１２３４５６７０", "CN", [("+8613912345670", "mobile", None)]),
    ("13912345670.0", None, [("+8613912345670", "mobile", None)]),
    ("021-62881234转8001", None, [("+862162881234", "fixed", "8001")]),
    ("（021）62881234-8001", None, [("+862162881234", "fixed", "8001")]),
    ("86-21-62881234", None, [("+862162881234", "fixed", None)]),
    ("0755-26770000 分机 12", None, [("+8675526770000", "fixed", "12")]),
    ("400-820-8820", None, [("+864008208820", "toll_free", None)]),
    ("852 2345 6789", None, [("+85223456789", "fixed", None)]),
    ("+886 912 345 678", None, [("+886912345678", "mobile", None)]),
    ("+44 20 7946 0958", None, [("+442079460958", "fixed", None)]),
    ("0049 30 123456", None, [("+4930123456", "fixed", None)]),
    ("030 901820", "DE", [("+4930901820", "fixed", None)]),
    ("(415) 555-2671", "US", [("+14155552671", "unknown", None)]),
    ("+1 (415) 555-2671 ext 12", None, [("+14155552671", "unknown", "12")]),
    (
        "13912345670/13812345679",
        None,
        [("+8613912345670", "mobile", None), ("+8613812345679", "mobile", None)],
    ),
    (
        "13912345670 13812345679",
        None,
        [("+8613912345670", "mobile", None), ("+8613812345679", "mobile", None)],
    ),
    (
        "0755-26770000、0755-26770001",
        None,
        [("+8675526770000", "fixed", None), ("+8675526770001", "fixed", None)],
    ),
    ("abc", None, [(None, "unknown", None)]),
    ("139", None, [(None, "unknown", None)]),
    (None, None, []),
    ("  ", None, []),
]


@pytest.mark.parametrize(("raw", "country", "expected"), BY_HAND)
def test_numbers_by_hand(raw, country, expected):
    found = standardize_phones(frame(["raw", "country"], [(raw, country)]))
    assert found.select("e164", "kind", "extension").rows() == expected
    assert found["is_valid"].to_list() == [e164 is not None for e164, _, _ in expected]


@pytest.mark.parametrize("raw", ["13800000000", "13800138000", "11111111", "123456789", "13888888888", "00000000"])
def test_numbers_typed_to_fill_a_field_are_placeholders(raw):
    assert standardize_phones(frame(["raw", "country"], [(raw,)]))["is_placeholder"].to_list() == [True]


def test_a_masked_number_is_never_valid():
    found = standardize_phones(frame(["raw", "country"], [("138****5678", "CN"), ("138xxxx5678", "CN")]))
    assert found.select("e164", "is_valid", "is_masked").rows() == [(None, False, True)] * 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(), st.text(alphabet="+0123456789-()转/ *", max_size=20)), max_size=8))
def test_rubbish_never_raises_and_rows_keep_their_order(values):
    found = standardize_phones(frame(["raw", "country"], [(value,) for value in values]))
    assert found["row"].is_sorted()
    assert set(found["row"].to_list()) <= set(range(len(values)))
