"""Names of persons.

In: full names, or family and given names apart, in any script and order. Out: parts, marks, further names and
keys for comparing.
Invariant: `name_key` does not depend on the order of the parts; the same person's 李伟, Li Wei and Wei LI
share it. What is masked or no name is kept as `display`, marked and has no keys.
Does not belong here: deciding that two names are one person (matching), organizations (`organization_names`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize.han_names import CJK, split_han
from mdm_pipeline.standardize.latin_names import nickname_roots, split_latin
from mdm_pipeline.standardize.name_cells import FAMILY_HERE, Cell, peel, unusual
from mdm_pipeline.standardize.surname_spellings import readings
from mdm_pipeline.standardize.surnames import surname_readings
from mdm_pipeline.standardize.text import HAN, clean, fold, pinyin, script

MARKS = ("masked", "joint", "organization", "not_a_name")
FURTHER = pl.List(pl.Struct({"kind": pl.String(), "name": pl.String()}))
_CELL: dict[str, pl.DataType] = {
    "text": pl.String(),
    "mark": pl.String(),
    "further": FURTHER,
    "known_family": pl.String(),
    "titles": pl.String(),
}
_PARTS = ("family", "given", "middle", "suffix", "honorific", "family_folded", "given_folded", "middle_folded")
_WHOLE = ("pinyin", "cantonese", "wade_giles", "korean", "given")


def standardize_person_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Take names of persons apart.

    Args:
        frame: columns full_name, family_name, given_name, any of them null; family and given name win over
            the full name where both are there.

    Returns:
        One row per input row: display (the name as written, cleaned), family, given, middle (as written),
        suffix (jr, sr, ii ...), honorific, script, name_norm (folded; family before given for Han, 'given
        middle family' for Latin), family_raw (folded family as spelled), family_key (pinyin or folded, Chinese
        spellings unified where unambiguous), given_key, nickname_root, initials, name_key, mark (masked, joint:
        the parts are those of the first person, organization, not_a_name; null for a plain name) and further
        (kind: former, alias or transliterated, and name, of every further name in the cell).
    """
    work = _prepare(frame)
    named = work.filter(pl.col("text").is_not_null())
    is_native = named["text"].str.contains(rf"^[{CJK}][{CJK}·•・‧．.=\s]*$").fill_null(False)
    han = split_han(named.filter(is_native))
    latin = split_latin(named.filter(~is_native))
    parts = pl.concat(
        [
            han.select("row", *_selected(han), pl.lit("han").alias("manner"), "alias", "family_read", "given_read"),
            latin.select("row", *_selected(latin), "manner", "alias", *_unread()),
        ]
    )
    joined = work.join(parts, on="row", how="left", maintain_order="left")
    return _with_keys(joined)


def _selected(parts: pl.DataFrame) -> list[pl.Expr]:
    return [pl.col(name) if name in parts.columns else pl.lit(None, pl.String).alias(name) for name in _PARTS]


def _unread() -> list[pl.Expr]:
    return [pl.lit(None, pl.String).alias(name) for name in ("family_read", "given_read")]


def _prepare(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per name: row, display, script, text to take apart, apart, and what the cell holds besides."""
    full, family, given = (clean(frame[name]) for name in ("full_name", "family_name", "given_name"))
    work = pl.DataFrame({"full": full, "family": family, "given": given}).with_row_index("row")
    has_parts = pl.col("family").is_not_null() & pl.col("given").is_not_null()
    han_parts = pl.concat_str("family", "given").str.contains(rf"^[{HAN}]+$")
    display = (
        pl.when(has_parts & han_parts)
        .then(pl.concat_str("family", "given"))
        .when(has_parts)
        .then(pl.concat_str("given", "family", separator=" "))
        .otherwise(pl.coalesce("full", "family", "given"))
    )
    native = pl.concat_str("family", "given").str.contains(rf"^[{CJK}]+$")
    one = pl.concat_str(pl.col("family"), pl.when(native).then(pl.lit(" ")).otherwise(pl.lit(" , ")), pl.col("given"))
    work = work.with_columns(
        has_parts.alias("apart"),
        display.alias("display"),
        pl.when(has_parts).then(one).otherwise(display).alias("text"),
    )
    work = work.with_columns(script(work["display"]).alias("script"))
    commas = ~pl.col("apart") & pl.col("text").str.contains(rf"^[{CJK}][{CJK},\-\s]*$")
    work = work.with_columns(
        pl.when(commas).then(pl.col("text").str.replace_all(r"[,\-\s]+", " ")).otherwise("text").str.strip_chars(" ")
    )
    odd = work["display"].str.contains(unusual()).fill_null(False)
    native_pair = work["apart"] & work["display"].str.contains(rf"^[\p{{Latin}} .'’\-]+ [{CJK}]+$")
    odd = odd & ~native_pair.fill_null(False)
    plain = work.filter(~odd).with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in _CELL.items() if name != "text"
    )
    read = _peeled(work.filter(odd))
    return pl.concat([plain.select(read.columns), read]).sort("row")


def _peeled(work: pl.DataFrame) -> pl.DataFrame:
    cells = [
        _peel_parts(family, given) if apart else (peel(text), False)
        for family, given, text, apart in work.select("family", "given", "text", "apart").iter_rows()
    ]
    texts = [f"{cell.family} , {cell.text}" if cell.family and cell.text else cell.text for cell, _ in cells]
    further = [[{"kind": kind, "name": name} for kind, name in cell.further] or None for cell, _ in cells]
    columns = {
        "text": texts,
        "mark": [cell.mark for cell, _ in cells],
        "further": further,
        "known_family": [cell.family if cell.text is None else None for cell, _ in cells],
        "titles": [cell.titles for cell, _ in cells],
    }
    apart = [keep or bool(cell.family and cell.text) for cell, keep in cells]
    read = pl.DataFrame(columns, schema=_CELL).with_columns(pl.Series("apart", apart, dtype=pl.Boolean))
    return pl.concat([work.select("row", "display", "script"), read], how="horizontal")


def _peel_parts(family: str, given: str) -> tuple[Cell, bool]:
    """Read the two cells of one name; whether both are still there."""
    first, second = peel(family), peel(given)
    if "masked" in (first.mark, second.mark):
        shown = first.family if first.mark == "masked" else first.text
        return Cell(None, "masked", (), shown, first.titles or second.titles), False
    mark = first.mark or second.mark
    further, titles = (*first.further, *second.further), first.titles or second.titles
    one, other = (cell.text if cell.family is None else f"{cell.text} {cell.family}" for cell in (first, second))
    if one and other:
        return Cell(f"{one.replace(',', ' ')} , {other}", mark, further, None, titles), True
    whole = one or other
    return Cell(whole, mark if whole is None else "joint" if mark == "joint" else None, further, None, titles), False


def _with_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """The answer: parts, keys and further names of all rows."""
    # A Han surname beside a Latin given name (David 王).
    lone = pl.col("family_read").is_null() & pl.col("family_folded").str.contains(f"[{HAN}]")
    family_pinyin = pinyin(rows.filter(lone.fill_null(False))["family_folded"]).str.replace_all(" ", "", literal=True)
    rows = rows.with_columns(_only(rows, lone, family_pinyin).alias("family_pinyin"))
    rows = rows.with_columns(
        pl.coalesce("family", "known_family").alias("family"),
        pl.coalesce("honorific", "titles").alias("honorific"),
        pl.coalesce("family_read", _family_keys(rows)).alias("family_key"),
    )
    whole = pl.col("manner").is_in(_WHOLE)
    given_key = (
        pl.when(whole).then(pl.col("given_folded").str.replace_all(" ", "", literal=True)).otherwise("given_folded")
    )
    rows = rows.with_columns(pl.coalesce("given_read", given_key).alias("given_key"))
    dense = whole | pl.col("given_read").is_not_null()
    has_han = pl.col("given_folded").str.contains(f"[{HAN}]")
    is_han = pl.col("family_folded").str.contains(f"[{HAN}]") & has_han.fill_null(True)
    is_han = is_han | (has_han & pl.col("family_folded").is_null())
    family_first = pl.concat_str("family_folded", "given_folded", ignore_nulls=True).str.replace_all(
        " ", "", literal=True
    )
    family_last = pl.concat_str("given_folded", "middle_folded", "family_folded", separator=" ", ignore_nulls=True)
    is_firm = pl.col("mark") == "organization"
    firm = rows.select("display", "mark").filter(is_firm)["display"]
    rows = rows.with_columns(
        _only(rows, is_firm, fold(firm)).alias("firm"), _only(rows, is_firm, pinyin(firm)).alias("firm_key")
    )
    first = pl.col("given_key").str.split(" ").list.first()
    letters = pl.col("given_key").str.slice(0, 1), pl.col("family_key").str.slice(0, 1)
    initials = pl.concat_str(
        pl.min_horizontal(letters),
        pl.when(pl.all_horizontal(x.is_not_null() for x in letters)).then(pl.max_horizontal(letters)),
        ignore_nulls=True,
    )
    return rows.select(
        "display",
        "family",
        "given",
        "middle",
        "suffix",
        "honorific",
        "script",
        _filled(pl.coalesce("firm", pl.when(is_han.fill_null(False)).then(family_first).otherwise(family_last))).alias(
            "name_norm"
        ),
        pl.col("family_folded").alias("family_raw"),
        "family_key",
        "given_key",
        pl.when(dense).then("given_key").otherwise(first.replace(nickname_roots())).alias("nickname_root"),
        _filled(initials).alias("initials"),
        _filled(pl.lit(_name_keys(rows))).alias("name_key"),
        "mark",
        _further(rows).alias("further"),
    )


def _only(rows: pl.DataFrame, where: pl.Expr, values: pl.Series) -> pl.Series:
    places = rows.select(where.fill_null(False)).to_series().arg_true()
    return pl.Series([None] * rows.height, dtype=pl.String).scatter(places, values)


def _family_keys(rows: pl.DataFrame) -> pl.Series:
    """Family names as compared: Chinese spellings as pinyin, by the manner in which the given name is spelled."""
    inputs = rows.select("family_folded", "manner", "family_pinyin")
    distinct = inputs.unique().filter(pl.col("family_folded").is_not_null())
    folded = pl.col("family_folded")
    plain = folded.str.replace_all(" ", "", literal=True)
    native = pl.coalesce(
        folded.replace_strict(surname_readings(), default=None, return_dtype=pl.String),
        pl.when(folded.str.contains(f"[{HAN}]")).then("family_pinyin"),
    )
    any_manner = plain.replace_strict(readings("any"), default=None, return_dtype=pl.String)
    key = pl.coalesce(native, any_manner, folded)
    for manner in ("pinyin", "cantonese", "wade_giles"):
        known = readings(manner)
        one = plain.replace_strict(known, default=None, return_dtype=pl.String)
        double = folded.str.split(" ").list.eval(pl.element().replace(known)).list.join("")
        key = pl.when(pl.col("manner") == manner).then(pl.coalesce(one, double)).otherwise(key)
    keys = distinct.with_columns(key.alias("key"))
    return inputs.join(keys, on=inputs.columns, how="left", nulls_equal=True, maintain_order="left")["key"]


def _name_keys(rows: pl.DataFrame) -> pl.Series:
    """The words of family and given key in the order of the alphabet."""
    family, given = pl.col("family_key"), pl.col("given_key")
    forward, backward = pl.concat_str(family, given, separator=" "), pl.concat_str(given, family, separator=" ")
    two = pl.when(family <= given).then(forward).when(family > given).then(backward)
    keys = rows.select(pl.coalesce("firm_key", two, family, given).alias("key"))["key"]
    # One word each, as most are, need no sorting.
    several = (rows["firm_key"].is_not_null() | (keys.str.count_matches(" ", literal=True) > 1)).fill_null(False)
    places = several.arg_true()
    words = keys[places].str.split(" ").list.sort().list.join(" ").str.strip_chars(" ")
    return keys.rename("name_key").scatter(places, words)


def _further(rows: pl.DataFrame) -> pl.Series:
    """The further names of each cell; those that lack the family name share that of the main name."""
    hit = (rows["further"].is_not_null() | rows["alias"].is_not_null()).arg_true()
    lists = []
    for listed, alias, family in rows[hit].select("further", "alias", "family").iter_rows():
        names = [*(listed or []), *([{"kind": "alias", "name": alias}] if alias else [])]
        lists.append(
            [{"kind": one["kind"], "name": one["name"].replace(FAMILY_HERE, family or "").strip()} for one in names]
        )
    found = pl.DataFrame({"row": rows["row"][hit], "names": pl.Series("names", lists, dtype=FURTHER)})
    return rows.select("row").join(found, on="row", how="left", maintain_order="left")["names"]


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
