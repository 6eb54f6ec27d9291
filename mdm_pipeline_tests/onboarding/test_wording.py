"""What names alone say, in several languages and manners of writing."""

from __future__ import annotations

import pytest

from mdm_pipeline.onboarding.wording import common_prefix, hints, table_kinds, tokens_of


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("客户名称", "organization_name"),
        ("客戶名稱", "organization_name"),
        ("kehu_mingcheng", "organization_name"),
        ("khmc", "organization_name"),
        ("NAME1", "organization_name"),
        ("Kd_Firmenbezeichnung", "organization_name"),
        ("RaisonSocialeClient", "organization_name"),
        ("手机", "phone"),
        ("custTelNo", "phone"),
        ("KundenRufnummer", "phone"),
        ("numero_telephone_client", "phone"),
        ("lianxi_dh", "phone"),
        ("STCD1", "tax_id"),
        ("USt-IdNr.", "tax_id"),
        ("纳税人识别号", "tax_id"),
        ("Geändert am", "updated_at"),
        ("geaendert_am", "updated_at"),
        ("fuzeren_xm", "owner"),
        ("cred_limi", "credit_limit"),
    ],
)
def test_a_name_says_what_the_column_holds(name: str, meaning: str) -> None:
    assert hints(name)[0].meaning == meaning


@pytest.mark.parametrize("name", ["", "qzx_77", "列1", "x", "***"])
def test_a_name_that_says_nothing_gives_nothing(name: str) -> None:
    assert [hint for hint in hints(name) if hint.confidence >= 0.45] == []


def test_names_are_taken_apart_at_humps_digits_and_changes_of_script() -> None:
    assert tokens_of("custTelNo1") == ("cust", "tel", "no", "1")
    assert tokens_of("STRASSE_Nr") == ("strasse", "nr")
    assert tokens_of("地址2") == ("地址", "2")


def test_a_prefix_that_most_columns_share_is_left_out() -> None:
    names = ["CLI_NOM", "CLI_VILLE", "CLI_CP", "CLI_TEL", "REMARQUE"]
    assert common_prefix(names) == "cli"
    assert hints("CLI_VILLE", "cli")[0].confidence > 0.9
    assert common_prefix(["a_x", "b_y", "c_z", "d_w"]) is None


def test_tables_are_known_by_any_of_their_names() -> None:
    assert max(table_kinds("t_客户档案"), key=table_kinds("t_客户档案").__getitem__) == "party"
    assert (
        max(table_kinds("Auftragspositionen"), key=table_kinds("Auftragspositionen").__getitem__) == "sales_order_line"
    )
    assert table_kinds("zz_tmp") == {}
