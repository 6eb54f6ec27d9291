import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.organization_names import standardize_organization_names
from mdm_pipeline.standardize.party_types import guess_party_type
from mdm_pipeline_tests.standardize.frames import series

HAN = [
    ("华为技术有限公司", "zh_ltd", "华为技术", None, "华为", None),
    ("深圳市腾讯计算机系统有限公司", "zh_ltd", "深圳市腾讯计算机系统", "深圳市", "腾讯", None),
    ("阿里巴巴（中国）网络技术有限公司", "zh_ltd", "阿里巴巴网络技术", None, "阿里巴巴", None),
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
    ("トヨタ自動車株式会社", "ja_kk", "toyota自动车", None, "toyota自动车", None),
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
        "region": None,
        "trade_name": "阿里巴巴",
        "industry_word": "网络技术",
        "branch": None,
        "core_key": "alibabawangluojishu",
        "qualifier": "中国",
    }


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
    for column in ("core", "trade_name", "legal_form", "core_key"):
        assert found[column].is_null().equals(found["name_norm"].is_null())
        assert not (found[column] == "").any()
