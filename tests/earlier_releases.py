"""Registers of earlier releases (`tests/data/releases`) as databases of their own."""
import gzip
from contextlib import contextmanager
from pathlib import Path

import psycopg
from engine import ENGINE
from paths import TESTS

from models import db
from registry.core import connection

DATA = TESTS / 'data'


def stored(release, databases):
    """Return the URL of a new database that holds a release's register."""
    kind = 'db' if ENGINE == 'sqlite' else 'sql'
    return restored(gzip.decompress((DATA / 'releases' / f'{release}.{kind}.gz').read_bytes()), databases)


def restored(content, databases):
    """Return the URL of a new database made of SQLite's file, or of what pg_dump wrote."""
    url = databases.empty()
    if ENGINE == 'sqlite':
        Path(url.removeprefix('sqlite:///')).write_bytes(content)
    else:
        # psql's own words
        script = '\n'.join(line for line in content.decode().split('\n') if not line.startswith('\\'))
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(script)
    return url


@contextmanager
def opened_at(url):
    db.initialize(connection.open_database(url))
    try:
        with db.connection_context():
            yield
    finally:
        db.close_all()
