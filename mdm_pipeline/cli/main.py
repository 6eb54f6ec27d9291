"""The `mdm` application: registers the commands and turns our own errors into one line and an exit code."""

from __future__ import annotations

import sys

import typer

from mdm_pipeline.cli import (
    backup,
    compact,
    decide,
    diff,
    docs,
    doctor,
    evaluate,
    notify,
    prune,
    run,
    sample,
    serve,
    source,
    sql,
    status,
    ui,
)
from mdm_pipeline.cli.options import BAD_USE, FAILED
from mdm_pipeline.errors import MdmError

app = typer.Typer(
    name="mdm",
    help="Customer master data as a pipeline: one unified customer table out of all your systems.\n\n"
    "First steps:  mdm run   (the demo company, three systems)   then   mdm sql "
    '"select * from customer_360 limit 5"',
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("ui")(ui.ui)
app.command("serve")(serve.serve)
app.command("notify")(notify.notify)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("sql")(sql.sql)
app.command("diff")(diff.diff)
app.command("evaluate")(evaluate.evaluate)
app.command("sample")(sample.sample)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("compact")(compact.compact)
app.command("prune")(prune.prune)
app.command("docs", hidden=True)(docs.docs)
app.add_typer(decide.app, name="decide")
app.add_typer(source.app, name="source")


def main() -> None:
    """Entry point; exit codes are described in `mdm_pipeline.cli`."""
    try:
        app(standalone_mode=True)
    except MdmError as error:
        from mdm_pipeline.config.loader import ConfigInvalid

        typer.echo(str(error), err=True)
        sys.exit(BAD_USE if isinstance(error, ConfigInvalid) else FAILED)


if __name__ == "__main__":
    main()
