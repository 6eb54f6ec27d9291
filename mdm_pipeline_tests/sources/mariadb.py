"""A real MariaDB for the tests: its own data folder and port, run by an unprivileged user, gone afterwards.

The server's programs are looked for on PATH, in /usr/sbin, and in the folder that MDM_MARIADB_BIN names (an unpacked
package will do: `apt-get download mariadb-server-core`, `dpkg -x`); without them the tests are skipped.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql

from mdm_pipeline_tests.orchestration.services import free_port, wait_for


def mariadb_binary() -> Path | None:
    """The server's program on this machine."""
    folders = [os.environ.get("MDM_MARIADB_BIN", ""), *os.environ["PATH"].split(":"), "/usr/sbin"]
    return next((found for f in folders if f and (found := Path(f) / "mariadbd").exists()), None)


class MariaDb:
    """A server with one database `crm` and one user."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.folder = folder
        self.port = free_port()
        self.password = "p@ss word/1"
        self._as_user: dict[str, Any] = {}
        (folder / "data").mkdir(parents=True)
        if os.geteuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("nobody")
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for path in (folder, folder / "data"):
                os.chown(path, user.pw_uid, user.pw_gid)

    def start(self) -> None:
        share = self.binary.parent.parent / "share" / "mysql"
        (self.folder / "first.sql").write_text(
            "create database crm character set utf8mb4;\n"
            f"create user mdm@'127.0.0.1' identified by '{self.password}';\n"
            "grant all on *.* to mdm@'127.0.0.1';\n",
            encoding="utf-8",
        )
        system = "".join(
            (share / name).read_text(encoding="utf-8")
            for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
        )
        (self.folder / "system.sql").write_text("create database mysql;\nuse mysql;\n" + system, encoding="utf-8")
        options = ["--no-defaults", f"--datadir={self.folder / 'data'}", f"--lc-messages-dir={share}"]
        subprocess.run(
            [self.binary, *options, "--bootstrap", "--skip-grant-tables"],
            stdin=(self.folder / "system.sql").open(),
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self._as_user,
        )
        self._process = subprocess.Popen(
            [self.binary, *options]
            + [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.folder / 's'}"]
            + ["--skip-name-resolve", f"--init-file={self.folder / 'first.sql'}", "--innodb-flush-log-at-trx-commit=0"],
            stdout=(self.folder / "server.log").open("ab"),
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            **self._as_user,
        )
        wait_for("MariaDB", self._answers, 60)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"mysql+pymysql://mdm:{quote(self.password, safe='')}@127.0.0.1:{self.port}/crm"

    def connect(self) -> pymysql.Connection[Any]:
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="mdm",
            password=self.password,
            database="crm",
            autocommit=True,
            charset="utf8mb4",
        )

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            return self.query("select 1") == [(1,)]
        except pymysql.OperationalError:
            return False
