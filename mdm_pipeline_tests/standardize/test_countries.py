from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline_tests.standardize.frames import series

BY_HAND = {
    "China": "CN",
    "P.R. China": "CN",
    "PRC": "CN",
    "中国": "CN",
    "中华人民共和国": "CN",
    "中國": "CN",
    "CHN": "CN",
    "cn": "CN",
    "Hong Kong": "HK",
    "香港": "HK",
    "Macau": "MO",
    "Taiwan": "TW",
    "台灣": "TW",
    "Germany": "DE",
    "Deutschland": "DE",
    "德国": "DE",
    "DEU": "DE",
    "Allemagne": "DE",
    "UK": "GB",
    "England": "GB",
    "Great Britain": "GB",
    "英国": "GB",
    "USA": "US",
    "U.S.A.": "US",
    "United States of America": "US",
    "美国": "US",
    "Österreich": "AT",
    "España": "ES",
    "Schweiz": "CH",
    "Holland": "NL",
    "Korea": "KR",
    "Viet Nam": "VN",
    "Россия": "RU",
    "Česká republika": "CZ",
    "Suomi": "FI",
    "Ελλάδα": "GR",
    "DDR": "DE",
    "苏联": "RU",
    "Zaire": "CD",
    "Atlantis": None,
    "": None,
}


def test_countries_by_hand():
    found = standardize_countries(series(BY_HAND)).to_list()
    assert dict(zip(BY_HAND, found, strict=True)) == BY_HAND
