from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from mdm_pipeline.standardize.check_digits import is_uscc
from mdm_pipeline.standardize.identifiers import SCHEMES, standardize_identifiers
from mdm_pipeline_tests.standardize.frames import frame

COLUMNS = ["raw", "scheme_hint", "country"]
BY_HAND = [
    ("91440300708461136T", None, None, "cn_uscc", "91440300708461136T", True),
    ("9144 0300-7084 61136t", None, "CN", "cn_uscc", "91440300708461136T", True),
    ("９１４４０３００７０８４６１１３６Ｔ", None, None, "cn_uscc", "91440300708461136T", True),
    ("914403007084611360", "tax", "CN", "cn_uscc", "914403007084611360", False),
    ("11010519491231002X", None, None, "cn_id", "11010519491231002X", True),
    ("11010519491231002x", "national_id", "CN", "cn_id", "11010519491231002X", True),
    ("110105194912310021", None, None, "cn_id", "110105194912310021", False),
    ("110105491231002", "cn_id", "CN", "cn_id", "11010519491231002X", True),
    ("110105491231002", None, "CN", "cn_id", "11010519491231002X", True),
    ("110105194913310021", "cn_id", None, "cn_id", "110105194913310021", False),
    ("440300708461136", "tax", "CN", "cn_taxno15", "440300708461136", True),
    ("D2143569-X", None, None, "cn_orgcode", "D2143569X", True),
    ("D2143569-1", "cn_orgcode", None, "cn_orgcode", "D21435691", False),
    ("DE136695976", "vat", None, "vat", "DE136695976", True),
    ("136695976", "tax", "DE", "vat", "DE136695976", True),
    ("DE136695977", "vat", "DE", "vat", "DE136695977", False),
    ("04-2103594", None, "US", "us_ein", "042103594", True),
    ("536-90-4399", "SSN", "US", "us_ssn", "536904399", True),
    ("529900T8BM49AURSDO55", None, None, "lei", "529900T8BM49AURSDO55", True),
    ("529900T8BM49AURSDO56", "lei", None, "lei", "529900T8BM49AURSDO56", False),
    ("GB82 WEST 1234 5698 7654 32", None, None, "iban", "GB82WEST12345698765432", True),
    ("GB82 WEST 1234 5698 7654 33", "iban", None, "iban", "GB82WEST12345698765433", False),
    ("E12345678", "passport", "CN", "passport", "E12345678", None),
    ("S123-456", "drivers_license", "US", "drivers_license", "S123456", None),
    ("6222 0202 0001 2345 678", "bank_account", "CN", "bank_account", "6222020200012345678", None),
    ("K-4711", None, None, "other", "K4711", None),
    (None, "tax", "CN", None, None, None),
    ("---", None, None, None, None, None),
]


@pytest.mark.parametrize(("raw", "hint", "country", "scheme", "value", "is_valid"), BY_HAND)
def test_identifiers_by_hand(raw, hint, country, scheme, value, is_valid):
    found = standardize_identifiers(frame(COLUMNS, [(raw, hint, country)]))
    assert found.select("scheme", "value", "is_valid").row(0) == (scheme, value, is_valid)


def test_an_identity_card_tells_birth_gender_and_region():
    found = standardize_identifiers(frame(COLUMNS, [("11010519491231002X", "cn_id", "CN")]))
    assert found.select("birth_on", "gender", "region_code").row(0) == (
        date(1949, 12, 31),
        "female",
        "110105",
    )


def test_a_birth_after_the_day_of_the_run_is_invalid():
    row = frame(COLUMNS, [("11010519491231002X", "cn_id", "CN")])
    assert standardize_identifiers(row, as_of=date(1949, 12, 30))["is_valid"].to_list() == [False]
    assert standardize_identifiers(row, as_of=date(1949, 12, 31))["is_valid"].to_list() == [True]


@pytest.mark.parametrize(
    ("raw", "reason", "is_masked"),
    [
        ("4403**********1234", "masked", True),
        ("9.14e+17", "digits lost to scientific notation", False),
    ],
)
def test_damaged_values_are_never_valid(raw, reason, is_masked):
    found = standardize_identifiers(frame(COLUMNS, [(raw, "cn_id", "CN")]))
    assert found.select("is_valid", "is_masked", "reason").row(0) == (False, is_masked, reason)


def test_every_scheme_says_what_it_identifies():
    assert {info.identifies for info in SCHEMES.values()} == {
        "legal_entity",
        "site",
        "tax_group",
        "person",
        "account",
        "endpoint",
    }


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=16, max_size=16),
    st.sampled_from("0123456789TXY"),
)
def test_the_credit_code_check_agrees_with_stdnum(body, check):
    code = f"{body[:2]}440300{body[6:]}"[:17] + check
    expected = code[-1] == uscc.calc_check_digit(code[:-1]) if len(code) == 18 else False
    assert is_uscc(pl.Series([code])).to_list() == [expected]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(), st.from_regex(r"[0-9A-Z]{8,20}", fullmatch=True)),
            st.sampled_from([None, "tax", "auto", "vat", "nonsense", *SCHEMES]),
            st.sampled_from([None, "CN", "DE", "US", "SG", "??"]),
        ),
        max_size=5,
    )
)
def test_rubbish_never_raises_and_keeps_the_height(rows):
    assert len(standardize_identifiers(frame(COLUMNS, rows))) == len(rows)
