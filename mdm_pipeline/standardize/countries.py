"""Country names and codes in many languages.

In: 'Germany', 'Deutschland', '德国', 'DEU', 'de'. Out: the ISO 3166 alpha-2 code, or null.
Invariant: an unknown text is null, never a guess by likeness.
Does not belong here: finding a country inside an address (`addresses`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.tables import read_rows
from mdm_pipeline.standardize.text import fold

# Everyday names that the table of official ones lacks.
_ALIASES = {
    "CN": "PRC|PR China|Peoples Republic of China|Mainland China|中华人民共和国|中国大陆|大陆|内地|中华|Chine"
    "|VR China|Volksrepublik China",
    "HK": "Hong Kong|Hongkong|香港|HKSAR|Hong Kong SAR|中国香港|香港特别行政区",
    "MO": "Macao|Macau|澳门|中国澳门|Macau SAR|Macao SAR|澳门特别行政区",
    "TW": "Taiwan|台湾|中国台湾|Taiwan Province of China|Chinese Taipei|台湾省|R.O.C.",
    "GB": "UK|U.K.|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|大不列颠|"
    "英格兰|Grossbritannien|GBR"
    "|United Kingdom of Great Britain and Northern Ireland|Groot-Brittannie",
    "US": "USA|U.S.A.|U.S.|United States of America|America|美利坚|美利坚合众国|Vereinigte "
    "Staaten von Amerika|EEUU|Etats Unis",
    "DE": "BRD|Bundesrepublik Deutschland|Federal Republic of Germany|West Germany|East Germany|DDR|GDR|民主德国",
    "KR": "Korea|South Korea|Republic of Korea|Korea Republic of|韩国|大韩民国|대한민국|Sudkorea|Südkorea",
    "KP": "North Korea|DPRK|Democratic Peoples Republic of Korea|朝鲜",
    "RU": "USSR|Soviet Union|SUN|苏联|РФ|Russian Federation|俄国|俄罗斯联邦|Russische Föderation",
    "NL": "Nederland|Holland|The Netherlands|荷兰王国",
    "CZ": "Czech Republic|Tschechische Republik|Česká republika|Česko|République tchèque|República Checa|捷克共和国",
    "VN": "Viet Nam|Việt Nam",
    "TR": "Turkey|Turkiye|土耳其",
    "AE": "UAE|U.A.E.|Emirates|阿联酋|Dubai",
    "SA": "KSA|沙特",
    "CH": "Swiss|Helvetia|Confoederatio Helvetica",
    "IR": "Persia|Iran Islamic Republic of",
    "JP": "Nippon|日本国",
    "BO": "Bolivia Plurinational State of",
    "VE": "Venezuela Bolivarian Republic of",
    "TZ": "Tanzania United Republic of",
    "MD": "Moldova Republic of",
    "MK": "Macedonia|North Macedonia",
    "CI": "Ivory Coast|Cote d'Ivoire",
    "CD": "Zaire|ZAR|Democratic Republic of the Congo|DR Congo|DRC",
    "LA": "Lao Peoples Democratic Republic",
    "SY": "Syrian Arab Republic",
    "BN": "Brunei Darussalam",
    "SZ": "Swaziland",
    "MM": "Burma|BUR",
    "VA": "Holy See|Vatican",
    "FI": "Suomi",
    "HU": "Magyarország",
    "NO": "Norge|Noreg",
    "DK": "Danmark",
    "GR": "Ελλάδα|Ellada|Hellas|Hellenic Republic",
    "RO": "România|ROM",
    "EE": "Eesti",
    "LV": "Latvija",
    "LT": "Lietuva",
    "HR": "Hrvatska",
    "SI": "Slovenija",
    "SK": "Slovensko|Slovak Republic|Slovenská republika",
    "RS": "Srbija|Србија",
    "BA": "Bosna i Hercegovina|Bosnia",
    "ME": "Crna Gora",
    "AL": "Shqipëria",
    "BG": "България|Balgariya",
    "UA": "Україна|Ukrayina",
    "BY": "Беларусь|Belorussia|Byelorussia",
    "GE": "საქართველო|Sakartvelo",
    "AM": "Հայաստան|Hayastan",
    "IS": "Ísland",
    "IE": "Éire|Republic of Ireland|Eire",
    "PL": "Rzeczpospolita Polska",
    "IL": "ישראל",
    "EG": "مصر",
    "TH": "Siam|ไทย|ประเทศไทย",
    "IN": "Bharat|भारत|Republic of India",
    "ID": "Republik Indonesia",
    "PH": "Pilipinas",
    "LK": "Ceylon",
    "KH": "Kampuchea",
    "BF": "Upper Volta",
    "BJ": "Dahomey",
    "ZW": "Rhodesia",
    "TL": "East Timor|TMP",
    "CV": "Cape Verde",
    "MX": "Estados Unidos Mexicanos|Méjico",
    "BR": "República Federativa do Brasil",
}


def standardize_countries(s: pl.Series) -> pl.Series:
    """Return the ISO alpha-2 code of each country name, alpha-2 or alpha-3 code; null where none is known."""
    codes = _codes()
    # Countries repeat: each spelling is folded once. No name of a country is longer than this.
    names = s.cast(pl.String).to_frame("text")
    distinct = names.unique().filter(pl.col("text").str.len_chars() < 80)
    folded = fold(distinct["text"]).str.replace_all(" ", "")
    code = folded.replace_strict(
        pl.Series(list(codes), dtype=pl.String),
        pl.Series(list(codes.values()), dtype=pl.String),
        default=None,
        return_dtype=pl.String,
    )
    distinct = distinct.with_columns(code.alias("code"))
    return names.join(distinct, on="text", how="left", maintain_order="left")["code"].rename(s.name)


@cache
def _codes() -> dict[str, str]:
    names: list[str] = []
    codes: list[str] = []
    for row in read_rows("countries.csv"):
        code = row["alpha_2"]
        known = [*_ALIASES.get(code, "").split("|"), code, row["alpha_3"], *row["names"].split("|")]
        names.extend(known)
        codes.extend([code] * len(known))
    folded = fold(pl.Series(names, dtype=pl.String)).str.replace_all(" ", "").to_list()
    table: dict[str, str] = {}
    for name, code in zip(folded, codes, strict=True):
        if name:
            table.setdefault(name, code)
    # A code always wins over a name that happens to be spelled like it.
    for row in read_rows("countries.csv"):
        table[row["alpha_2"].lower()] = row["alpha_2"]
        table[row["alpha_3"].lower()] = row["alpha_2"]
    return table | {"uk": "GB", "el": "GR"}
