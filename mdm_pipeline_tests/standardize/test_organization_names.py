import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.legal_forms import joined_han, legal_class_of, split_form
from mdm_pipeline.standardize.organization_names import standardize_organization_names
from mdm_pipeline.standardize.party_types import guess_party_type
from mdm_pipeline.standardize.tables import read_rows
from mdm_pipeline_tests.standardize.frames import series

HAN = [
    ("华为技术有限公司", "zh_ltd", "华为技术", None, "华为", None),
    ("深圳市腾讯计算机系统有限公司", "zh_ltd", "深圳市腾讯计算机系统", "深圳市", "腾讯", None),
    ("阿里巴巴（中国）网络技术有限公司", "zh_ltd", "阿里巴巴网络技术", "中国", "阿里巴巴", None),
    ("中国石油天然气股份有限公司", "zh_jsc", "中国石油天然气", "中国", "中国石油天然气", None),
    ("青岛啤酒股份有限公司", "zh_jsc", "青岛啤酒", "青岛", "青岛啤酒", None),
    ("上海汽车集团股份有限公司", "zh_group", "上海汽车", "上海", "上海汽车", None),
    ("中国银行股份有限公司上海市分行", "zh_jsc", "中国银行", "中国", "中国银行", "上海市分行"),
    (
        "苏州工业园区华星物流有限公司上海分公司",
        "zh_ltd",
        "苏州工业园区华星物流",
        "苏州工业园区",
        "华星",
        "上海分公司",
    ),
    ("北京大成律师事务所（特殊普通合伙）", "zh_partnership", "北京大成律师", "北京", "大成", None),
    ("深圳市龙岗区老王小吃店", "zh_shop", "深圳市龙岗区老王小吃", "深圳市龙岗区", "老王", None),
    ("兴隆大药房", "none", "兴隆大药房", None, "兴隆", None),
    ("小米科技有限责任公司", "zh_ltd", "小米科技", None, "小米", None),
    ("台灣積體電路製造股份有限公司", "zh_jsc", "台湾积体电路制造", "台湾", "积体电路", None),
    ("浙江大学", "none", "浙江大学", "浙江", "浙江大学", None),
    ("トヨタ自動車株式会社", "ja_kk", "toyota自动车", None, "toyota", None),
    ("株式会社トヨタ", "ja_kk", "toyota", None, "toyota", None),
    ("삼성전자 주식회사", "ko_jh", "samseongjeonja", None, "samseongjeonja", None),
    ("㈜카카오", "ko_jh", "kakao", None, "kakao", None),
    ("有限公司", "none", "有限公司", None, "有限公司", None),
    (None, None, None, None, None, None),
]
LATIN = [
    ("Acme GmbH & Co. KG", "gmbh_co_kg", "acme", None),
    ("Siemens AG", "ag", "siemens", None),
    ("Nestlé S.A.", "sa", "nestle", None),
    ("Foo Co., Ltd.", "ltd", "foo", None),
    ("Wilmar Pte. Ltd.", "pte_ltd", "wilmar", None),
    ("BHP (Pty) Ltd", "pty_ltd", "bhp", None),
    ("Samsung (HK) Limited", "ltd", "samsung", None),
    ("Apple Inc", "inc", "apple", None),
    ("Volvo AB", "ab", "volvo", None),
    ("AB Volvo", "ab", "volvo", None),
    ("ООО «Ромашка»", "ooo", "romashka", None),
    ("ОАО Газпром", "oao", "gazprom", None),
    ("PT Astra International Tbk", "pt", "astra international", None),
    ("A.P. Møller - Mærsk A/S", "as", "a p moller maersk", None),
    ("The Boeing Company", "co", "boeing", None),
    ("Acme GmbH, Berlin Branch", "gmbh", "acme", "Berlin Branch"),
    ("Deutsche Bank AG Niederlassung Frankfurt", "ag", "deutsche bank", "Niederlassung Frankfurt"),
    ("Tencent Holdings Ltd", "ltd", "tencent holdings", None),
    ("Inc.", "none", "inc", None),
]


@pytest.mark.parametrize(("name", "legal_form", "core", "region", "trade_name", "branch"), HAN)
def test_names_in_han_by_hand(name, legal_form, core, region, trade_name, branch):
    found = standardize_organization_names(series([name]))
    parts = found.select("legal_form", "core", "region", "trade_name", "branch").row(0)
    assert parts == (legal_form, core, region, trade_name, branch)


@pytest.mark.parametrize(("name", "legal_form", "core", "branch"), LATIN)
def test_names_in_latin_letters_by_hand(name, legal_form, core, branch):
    found = standardize_organization_names(series([name]))
    assert found.select("legal_form", "core", "branch").row(0) == (legal_form, core, branch)


def test_one_whole_row():
    found = standardize_organization_names(series(["阿里巴巴（中国）网络技术有限公司"]))
    assert found.row(0, named=True) == {
        "display": "阿里巴巴(中国)网络技术有限公司",
        "script": "han",
        "name_norm": "阿里巴巴 中国 网络技术有限公司",
        "legal_form": "zh_ltd",
        "core": "阿里巴巴网络技术",
        "region": "中国",
        "trade_name": "阿里巴巴",
        "industry_word": "网络技术",
        "branch": None,
        "core_key": "alibabawangluojishu",
        "qualifier": "中国",
        "legal_class": "limited",
        "head": None,
        "owner": None,
        "further": None,
    }


FURTHER = [
    ("华为技术有限公司（曾用名：华威技术有限公司）", "华为技术有限公司", [("former", "华威技术有限公司")]),
    ("华为技术有限公司 Huawei Ltd.", "华为技术有限公司", [("transliterated", "Huawei Ltd.")]),
    ("Huawei Ltd. 华为技术有限公司", "Huawei Ltd.", [("native", "华为技术有限公司")]),
    ("Acme Ltd (formerly Widget Ltd) t/a Widgets", "Acme Ltd", [("former", "Widget Ltd"), ("trading", "Widgets")]),
    ("Acme Ltd d/b/a Joe's Pizza", "Acme Ltd", [("trading", "Joe's Pizza")]),
    ("IBM 中国有限公司", "IBM 中国有限公司", None),
]


@pytest.mark.parametrize(("cell", "name", "further"), FURTHER)
def test_other_names_in_the_cell_become_further_names(cell, name, further):
    found = standardize_organization_names(series([cell])).row(0, named=True)
    others = found["further"] and [(other["kind"], other["name"]) for other in found["further"]]
    assert (found["display"], others) == (name, further)


HEADS = [
    ("华星有限公司上海分公司", "华星有限公司", "上海分公司", None),
    ("腾讯科技(深圳)有限公司北京分公司", "腾讯科技(深圳)有限公司", "北京分公司", None),
    ("Acme GmbH, Berlin Branch", "Acme GmbH", "Berlin Branch", None),
    ("老王水果店(王建国)", None, None, "王建国"),
    ("张三（个体工商户）", None, None, "张三"),
    ("华星有限公司", None, None, None),
]


@pytest.mark.parametrize(("name", "head", "branch", "owner"), HEADS)
def test_a_branch_names_its_head_and_a_shop_its_owner(name, head, branch, owner):
    found = standardize_organization_names(series([name]))
    assert found.select("head", "branch", "owner").row(0) == (head, branch, owner)


@pytest.mark.parametrize("name", ["Acme A/S", "Acme AS", "Acme a.s.", "ACME A.S."])
def test_a_form_has_one_code_however_it_is_punctuated(name):
    assert standardize_organization_names(series([name])).select("legal_form", "core").row(0) == ("as", "acme")


def test_every_legal_form_of_the_table_is_recognized():
    """One name per form: the form is set apart and its class is known."""
    forms = [(form, row["place"]) for row in read_rows("legal_forms.csv") for form in row["forms"].split("|")]
    names = [f"{form} acme" if place == "prefix" else f"acme {form}" for form, place in forms]
    found = split_form(joined_han(series(names)))
    assert [name for name, form in zip(names, found["form"], strict=True) if form is None] == []
    assert legal_class_of(found["form"]).null_count() == 0


PARTY_TYPES = [
    ("华为技术有限公司", "organization"),
    ("浙江大学", "organization"),
    ("兴隆大药房", "organization"),
    ("Siemens AG", "organization"),
    ("Smith & Sons", "organization"),
    ("Acme Trading", "organization"),
    ("李伟", "person"),
    ("欧阳娜娜", "person"),
    ("张先生", "person"),
    ("Li Wei", "person"),
    ("John Smith", "person"),
    ("Smith, Bob", "person"),
    ("Mrs Whatever", "person"),
    ("Bob", None),
    ("Xylo Quandt", None),
    (None, None),
]


@pytest.mark.parametrize(("name", "party_type"), PARTY_TYPES)
def test_party_types_by_hand(name, party_type):
    assert guess_party_type(series([name])).to_list() == [party_type]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=20), st.text("上海华为有限公司厂店（）() Ltd.", max_size=12))))
def test_rubbish_never_raises_and_core_is_never_empty(values):
    found = standardize_organization_names(series(values))
    assert len(found) == len(guess_party_type(series(values))) == len(values)
    assert (found["display"].is_null() | (found["display"] != "")).all()
    for column in ("core", "trade_name", "legal_form", "core_key"):
        assert found[column].is_null().equals(found["name_norm"].is_null())
        assert not (found[column] == "").any()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("上海华为公司店分原名简称:（）() Ltd.Acme/d,王芳", max_size=24), min_size=1, max_size=8))
def test_a_name_is_read_alike_alone_and_among_others(values):
    together = standardize_organization_names(series(values))
    alone = pl.concat([standardize_organization_names(series([value])) for value in values])
    assert together.equals(alone)
