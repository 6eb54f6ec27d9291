"""Names of parties: which cells of a row are names, and their standardized forms.

In: landed rows, their mapping and party types. Out: rows of `staging.party_name`; number 1 is the main name.
Invariant: a placeholder (N/A, 无) is no name; the same folded name stands once per record.
Does not belong here: how a name is taken apart (`standardize`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.config.mappings import NameMapping, PartyMapping
from mdm_pipeline.hub.contract.staging import NAME_FORMS
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.translation import translate
from mdm_pipeline.standardize.organization_names import standardize_organization_names
from mdm_pipeline.standardize.person_names import standardize_person_names
from mdm_pipeline.standardize.text import HAN, clean, is_placeholder

FORMS = tuple(column.name for column in NAME_FORMS)
_CELLS = ("full", "organization", "family", "given", "middle")
# Widths at which systems break a name and go on in the next field, in the middle of a word if need be.
_FIELD_WIDTHS = (35, 40)


def name_cells(landed: LandedRows, party: PartyMapping) -> pl.DataFrame:
    """All cells that hold names, one row per record and mapping.

    Returns:
        record_id, place (order of the mapping), kind, full, family, given, middle (cleaned, no placeholders),
        joined (family and given as one text), as_organization (what an organization would be called).
    """
    frames = [_cells_of(landed, mapping, place) for place, mapping in enumerate(party.names)]
    return pl.concat(frames)


def main_text(cells: pl.DataFrame, ids: pl.Series) -> pl.Series:
    """The first filled name of each record as one text, for guessing the party type."""
    first = cells.filter(pl.col("as_organization").is_not_null()).sort("record_id", "place")
    first = first.unique("record_id", keep="first", maintain_order=True).select("record_id", "as_organization")
    return ids.to_frame("record_id").join(first, on="record_id", how="left", maintain_order="left")["as_organization"]


def party_names(cells: pl.DataFrame, types: pl.DataFrame) -> pl.DataFrame:
    """Standardized names.

    Args:
        cells: of `name_cells`.
        types: record_id, party_type.

    Returns:
        Rows of `staging.party_name`. A masked name has no folded form and stands behind those that can be compared.
    """
    typed = cells.join(types, on="record_id", how="inner", maintain_order="left")
    is_person = pl.col("party_type") == "person"
    persons = _persons(typed.filter(is_person))
    forms = pl.concat([persons, _organizations(typed.filter(~is_person))])
    is_name = pl.col("name_norm").is_not_null() | (pl.col("name_mark") == "masked").fill_null(False)
    found = forms.filter(is_name).with_columns(pl.coalesce("name_norm", "display_name").alias("same"))
    found = found.sort("record_id", pl.col("name_norm").is_null(), "place", "part")
    found = found.unique(["record_id", "same"], keep="first", maintain_order=True)
    number = pl.int_range(1, pl.len() + 1).over("record_id").cast(pl.Int32).alias("name_no")
    return found.select("record_id", number, "kind", *FORMS)


def _cells_of(landed: LandedRows, mapping: NameMapping, place: int) -> pl.DataFrame:
    columns = {cell: landed.column(getattr(mapping, cell)) for cell in _CELLS}
    read = per_row(pl.DataFrame(columns), _read_cells)
    kind = landed.same(mapping.kind)
    if mapping.kind_by is not None:
        kind = translate(mapping.kind_by, landed).fill_null(mapping.kind)
    is_whole = mapping.full is not None or mapping.family is not None or mapping.given is not None
    return read.select(
        landed.ids.alias("record_id"),
        pl.lit(place).alias("place"),
        kind.alias("kind"),
        # Where the party type contradicts the columns that are filled, a name is still a name.
        pl.when(pl.lit(is_whole) & pl.coalesce("full", "joined").is_null())
        .then("organization")
        .otherwise("full")
        .alias("full"),
        "family",
        "given",
        "middle",
        "joined",
        pl.coalesce("organization", "full", "joined").alias("as_organization"),
    )


def _read_cells(cells: pl.DataFrame) -> pl.DataFrame:
    family, given = clean(cells["family"]), clean(cells["given"])
    whole = {name: _named(clean(cells[name])) for name in ("full", "organization")}
    both_empty = _named(family).is_null() & _named(given).is_null()
    family, given = (_part(part).set(both_empty, None) for part in (family, given))
    work = pl.DataFrame(
        whole | {"family": family, "given": given, "middle": _part(clean(cells["middle"])), "raw": cells["family"]}
    )
    runs_on = pl.col("raw").str.len_chars().is_in(_FIELD_WIDTHS)
    han = pl.col("family").str.contains(f"[{HAN})]$") & pl.col("given").str.contains(f"^[{HAN}(]")
    # A blank at the field's end is one between two words.
    tail = pl.when(runs_on & ~pl.col("raw").str.ends_with(" ")).then(pl.lit("")).otherwise(pl.lit(" "))
    joint = pl.when(han).then(pl.lit("")).otherwise(tail)
    joined = (
        pl.when(pl.col("family").is_not_null() & pl.col("given").is_not_null())
        .then(pl.concat_str("family", joint, "given"))
        .otherwise(pl.coalesce("family", "given"))
    )
    return work.with_columns(joined.alias("joined")).drop("raw")


def _named(text: pl.Series) -> pl.Series:
    return text.set(is_placeholder(text).fill_null(False), None)


def _part(text: pl.Series) -> pl.Series:
    # Na, Null, Test are family names; only with another name beside them they are believed.
    doubtful = is_placeholder(text).fill_null(False) & ~text.str.contains(r"^[A-Za-z]{2,4}$").fill_null(False)
    return text.set(doubtful, None)


def _persons(cells: pl.DataFrame) -> pl.DataFrame:
    """The names of the cells (part 0) and the further names that a cell holds (part 1 and on)."""
    inputs = cells.select(pl.col("full").alias("full_name"), pl.col("family").alias("family_name"), given_name="given")
    read = per_row(inputs, standardize_person_names, name="person_names")
    places = cells.select("record_id", "place", "kind", mapped="middle", part=pl.lit(0, pl.Int64))
    main = pl.concat([places, read.drop("further")], how="horizontal")
    further = pl.concat([places.drop("kind", "mapped"), read.select("further")], how="horizontal")
    further = further.filter(pl.col("further").list.len() > 0).explode("further").unnest("further")
    names = further.select(full_name="name", family_name=pl.lit(None, pl.String), given_name=pl.lit(None, pl.String))
    others = further.select(
        "record_id",
        "place",
        "kind",
        pl.lit(None, pl.String).alias("mapped"),
        (pl.int_range(pl.len()).over("record_id", "place") + 1).alias("part"),
    )
    others = pl.concat(
        [others, per_row(names, standardize_person_names, name="person_names").drop("further")], how="horizontal"
    )
    return _person_forms(pl.concat([main, others]))


def _person_forms(read: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    return read.select(
        "record_id",
        "place",
        "part",
        "kind",
        pl.col("display").alias("name_original"),
        pl.col("display").alias("display_name"),
        pl.col("script").alias("name_script"),
        "name_norm",
        "name_key",
        pl.col("family").alias("family_name"),
        pl.col("given").alias("given_name"),
        "family_key",
        "given_key",
        "nickname_root",
        pl.coalesce("middle", "mapped").alias("middle_name"),
        pl.col("suffix").alias("name_suffix"),
        pl.col("mark").alias("name_mark"),
        none.alias("core_name"),
        none.alias("core_key"),
        none.alias("legal_form"),
        none.alias("legal_class"),
        none.alias("region_word"),
        none.alias("trade_name"),
        none.alias("branch_word"),
        none.alias("head_name"),
        none.alias("owner_name"),
    )


def _organizations(cells: pl.DataFrame) -> pl.DataFrame:
    """The names of the cells (part 0) and the further names that a cell holds (part 1 and on)."""
    read = _read_organizations(cells["as_organization"])
    places = cells.select("record_id", "place", "kind", pl.lit(0, pl.Int64).alias("part"), original="as_organization")
    main = pl.concat([places, read.drop("further")], how="horizontal")
    further = pl.concat([places.select("record_id", "place"), read.select("further")], how="horizontal")
    further = further.filter(pl.col("further").list.len() > 0).explode("further").unnest("further")
    others = further.select(
        "record_id",
        "place",
        "kind",
        (pl.int_range(pl.len()).over("record_id", "place") + 1).alias("part"),
        pl.col("name").alias("original"),
    )
    others = pl.concat([others, _read_organizations(further["name"]).drop("further")], how="horizontal")
    return _organization_forms(pl.concat([main, others]))


def _read_organizations(names: pl.Series) -> pl.DataFrame:
    return per_row(
        names.to_frame("name"), lambda frame: standardize_organization_names(frame["name"]), name="organization_names"
    )


def _organization_forms(read: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    return read.select(
        "record_id",
        "place",
        "part",
        "kind",
        pl.col("original").alias("name_original"),
        pl.col("display").alias("display_name"),
        pl.col("script").alias("name_script"),
        "name_norm",
        pl.col("core_key").str.split(" ").list.sort().list.join(" ").alias("name_key"),
        none.alias("family_name"),
        none.alias("given_name"),
        none.alias("family_key"),
        none.alias("given_key"),
        none.alias("nickname_root"),
        none.alias("middle_name"),
        none.alias("name_suffix"),
        none.alias("name_mark"),
        pl.col("core").alias("core_name"),
        "core_key",
        pl.when(pl.col("legal_form") != "none").then("legal_form").alias("legal_form"),
        "legal_class",
        pl.col("region").alias("region_word"),
        "trade_name",
        pl.col("branch").alias("branch_word"),
        pl.col("head").alias("head_name"),
        pl.col("owner").alias("owner_name"),
    )
