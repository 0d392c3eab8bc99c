"""Copies of the whole register: verified when made, put back only when whole."""
import os
import secrets
from pathlib import Path

from ..core import connection
from .archive import pack, unpacked
from .copies import Failed, private_files, publish, removing, sync_to_disk, using_database
from .postgresql import backup_postgresql, restore_postgresql
from .sqlite import backup_sqlite, restore_sqlite

SQLITE_MAGIC, POSTGRESQL_MAGIC = b'SQLite format 3\0', b'PGDMP'


def backup(path, url, store):
    """Write the register of `url`, and its documents' files in `store`, to a new file; return it Checked.

    The file appears under its name when it is whole, readable by its owner alone.
    """
    if path.exists():
        raise Failed(f'{path} は既にあります。別の名前にしてください。', 2)
    part = path.with_name(f'.{path.name}.{secrets.token_hex(4)}.part')
    packed = part.with_suffix('.packed')
    with private_files(), removing(part, packed):
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            if url.startswith('sqlite'):
                checked = backup_sqlite(part, url)
            else:
                with using_database(connection.open_database(url)):
                    checked = backup_postgresql(part, url)
            if checked.documents:
                checked.problems = pack(part, packed, store, checked.documents)
                os.replace(packed, part)
            sync_to_disk(part)
            publish(part, path)
        except OSError as error:
            raise Failed(f'{path} に書き込めません（{error.strerror}）。', 2) from None
    return checked


def restore(path, url, store, production, replace=False, upgrade=False, altered=False):
    """Replace the register of `url`, which nobody may have open, by the copy in `path`; return it Checked.

    Its documents' files come into `store`, in which what belongs to others stays.

    `replace`: a PostgreSQL database that is not empty is emptied first. `upgrade`: a copy of an earlier
    version is migrated. `altered`: a copy in which verify finds tampering is taken all the same. All of it
    is done or nothing.
    """
    with private_files():
        try:
            with unpacked(path, store) as register:
                refuse_other_engine(path, register, url)
                if url.startswith('sqlite'):
                    target = Path(url.removeprefix('sqlite:///'))
                    return restore_sqlite(register, target, store, production, upgrade, altered)
                return restore_postgresql(register, url, store, production, replace, upgrade, altered)
        except OSError as error:
            where = error.filename or store.folder
            raise Failed(f'{path} を戻せません（{where}: {error.strerror}）。', 2) from None


def refuse_other_engine(path, register, url):
    """Raise Failed where what a copy holds is no register of the engine of `url`."""
    with open(register, 'rb') as file:
        start = file.read(16)
    lite = url.startswith('sqlite')
    if not start.startswith(SQLITE_MAGIC if lite else POSTGRESQL_MAGIC):
        other = start.startswith(POSTGRESQL_MAGIC if lite else SQLITE_MAGIC)
        raise Failed(f'{path} '
                     f'は{"別の種類のデータベースの写しです" if other else "台帳の写しではありません"}。'
                     '何も変更していません。')
