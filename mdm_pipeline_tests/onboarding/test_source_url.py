"""Secrets of a URL: used now, never written."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.onboarding.source_url import safe_url


def test_a_password_becomes_a_variable() -> None:
    safe = safe_url("shop", "postgresql+psycopg2://reader:s3cret@db:5432/shop?application_name=mdm")
    assert safe.text == "postgresql+psycopg2://reader:${SHOP_PASSWORD}@db:5432/shop?application_name=mdm"
    assert safe.exports == {"SHOP_PASSWORD": "s3cret"}
    assert safe.url.password == "s3cret"  # noqa: S105


def test_a_secret_among_the_parameters_becomes_a_variable_as_well() -> None:
    safe = safe_url("shop", "mssql+pyodbc://u@h/d?driver=x&access_token=abc")
    assert "abc" not in safe.text
    assert "${SHOP_ACCESS_TOKEN}" in safe.text
    assert "abc" not in repr(safe)


def test_variables_stay_as_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASS", "from-outside")
    safe = safe_url("shop", "mysql+pymysql://u:${DB_PASS}@h/d")
    assert (safe.text, safe.exports, safe.url.password) == ("mysql+pymysql://u:${DB_PASS}@h/d", {}, "from-outside")


def test_a_variable_beside_a_plain_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_HOST", "h")
    with pytest.raises(PermanentError, match="a password in plain text") as raised:
        safe_url("shop", "mysql+pymysql://u:hunter2@${DB_HOST}/d")
    assert "hunter2" not in str(raised.value)


def test_what_is_no_url_is_not_repeated() -> None:
    with pytest.raises(PermanentError, match="not a database URL") as raised:
        safe_url("shop", "hunter2 at the server")
    assert "hunter2" not in str(raised.value)


@given(st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="${}"), min_size=4, max_size=20))
def test_no_password_reaches_the_text(password: str) -> None:
    encoded = quote(password, safe="")
    safe = safe_url("shop", f"postgresql+psycopg2://reader:{encoded}@host.example/base")
    assert safe.text == "postgresql+psycopg2://reader:${SHOP_PASSWORD}@host.example/base"
    assert make_url(safe.text.replace("${SHOP_PASSWORD}", safe.exports["SHOP_PASSWORD"])) == safe.url
    assert safe.url.password == password
