"""What people may write as `where` and `condition`, and what is refused with a reason."""

from __future__ import annotations

from datetime import date

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.quality.conditions import RefusedCondition, checked_condition

COLUMNS = ("name", "amount", "birth_on", "is_valid", "发票抬头")
DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("amount > 3", '("amount" > 3)'),
        ("is_valid", '("is_valid")'),
        ("name in ('a', 'it''s')", "(\"name\" IN ('a', 'it''s'))"),
        ("birth_on <= $as_of", "(\"birth_on\" <= CAST('2026-11-23' AS DATE))"),
        ("amount > 1 -- or name = 'x'", '("amount" > 1)'),
        (r"regexp_matches(name, '^\d{2,3}:a$')", r"""(REGEXP_MATCHES("name", '^\d{2,3}:a$'))"""),
        ("coalesce(trim(发票抬头), '') <> ''", "(COALESCE(TRIM(\"发票抬头\"), '') <> '')"),
    ],
)
def test_a_plain_comparison_is_written_out_from_its_checked_tree(text: str, sql: str):
    assert checked_condition(text, COLUMNS).sql(DAY) == sql


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 = 1; drop table quality.issue",
        "amount > 1 union select 1",
        "amount > 1 group by name",
        "amount > 1 order by (select 1)",
        "amount > 1 limit 1",
        "amount > 1 qualify row_number() over () = 1",
        "amount > 1) or (1 = 1",
        "amount in (select 1)",
        "amount = (select max(amount) from staging.invoice)",
        "exists (select 1)",
        "name = any(select 'x')",
        "name in read_text('/etc/passwd')",
        "name = getenv('HOME')",
        "name = current_setting('home_directory')",
        "length(read_blob('x')) > 0",
        "name = read_csv('x')",
        "pragma_version()",
        "birth_on < now()",
        "birth_on < current_date",
        "amount < random()",
        "columns('.*') > 1",
        "*",
        "amount + 1",
        "'text'",
        "name = $other",
        "name = ?",
        "party.name = 'x'",
        "main.party.name = 'x'",
        "missing_column = 1",
        "sum(amount) > 1",
        "row_number() over () = 1",
        "list_filter([1], x -> x > 1) = [1]",
        "name[1] = 'x'",
        "query('select 1') = 1",
        "case when exists(select 1) then true else false end = true",
    ],
)
def test_everything_else_is_refused(text: str):
    with pytest.raises(RefusedCondition):
        checked_condition(text, COLUMNS)


def test_a_refusal_says_what_and_what_is_expected():
    with pytest.raises(RefusedCondition) as refused:
        checked_condition("missing_column = 1", COLUMNS)
    assert str(refused.value) == (
        "the table has no column 'missing_column'; it has name, amount, birth_on, is_valid, 发票抬头"
    )


def test_what_passes_also_binds_in_duckdb(con: DuckDBPyConnection):
    con.execute('create table t (name varchar, amount double, birth_on date, is_valid boolean, "发票抬头" varchar)')
    for text in (
        "name like 'a!_%' escape '!' or name ilike 'B%'",
        "case when amount > 1 then name else lower(name) end is not distinct from upper(name)",
        "try_cast(name as decimal(18, 2)) between 1 and 2",
        "not (length(name) > 3 and starts_with(name, 'x')) and year(birth_on) >= 1900",
        "substr(name, 1, 2) || left(name, 1) = right(name, 1)",
    ):
        condition = checked_condition(text, COLUMNS)
        assert con.execute(f"select count(*) from t where {condition.sql(DAY)}").fetchall() == [(0,)]
