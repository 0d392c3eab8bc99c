"""What a database or a disk that fails says, in words of the person who reads them."""
import errno
import os
import shutil
from pathlib import Path

from peewee import InterfaceError, OperationalError, PeeweeException, SqliteDatabase
from playhouse.pool import MaxConnectionsExceeded

from models import db

TELL = '情報政策の担当者に伝えてください。'
#: what is wrong: (title, what to do)
MESSAGES = {
    'unreachable': ('データベースにつながりません', '少し待ってから、もう一度開いてください。'),
    'busy': ('データベースが混み合っています', 'しばらく待ってから、もう一度操作してください。'),
    'full': ('ディスクがいっぱいで保存できません', f'{TELL}空きができるまで、登録や変更はできません。'),
    'readonly': ('データベースに書き込めません', f'{TELL}書込みの権限がないか、読取り専用になっています。'),
    'failing': ('データベースのファイルを読み書きできません',
                f'{TELL}ディスクとファイルを確かめる必要があります。'),
    'missing': ('データベースのファイルを開けません',
                f'{TELL}フォルダーがないか、ファイルの場所（DATABASE_URL）が違います。'),
    'corrupt': ('データベースが壊れています', f'{TELL}控えから戻す必要があります。'),
    'moved': ('データベースのファイルが取り除かれたか、置き換えられています',
              f'{TELL}サーバーを止め、ファイルを確かめてから起動し直す必要があります。'),
    'schema': ('データベースの準備ができていません', f'{TELL}daicho migrate を実行する必要があります。'),
}
#: SQLite's result codes and PostgreSQL's SQLSTATEs, whole or by their class
SQLITE = {5: 'busy', 6: 'busy', 8: 'readonly', 10: 'failing', 11: 'corrupt', 13: 'full', 14: 'failing',
          26: 'corrupt'}
POSTGRESQL = {'53100': 'full', '53': 'busy', '55P03': 'busy', '57014': 'busy', '40': 'busy',
              '25006': 'readonly', '42P01': 'schema', '08': 'unreachable', '57P': 'unreachable',
              '58': 'unreachable', 'XX001': 'corrupt', 'XX002': 'corrupt'}
ERRNO = {errno.ENOSPC: 'full', errno.EDQUOT: 'full', errno.EROFS: 'readonly', errno.EACCES: 'readonly',
         errno.EPERM: 'readonly'}
#: what `diagnose` can tell of
KNOWN = (PeeweeException, MaxConnectionsExceeded, OSError)


class FileReplaced(OperationalError):
    """The file that this process opened no longer stands at its path."""


def diagnose(error):
    """Return what of MESSAGES is wrong, or None when it is a fault of the program."""
    if isinstance(error, OSError):
        return ERRNO.get(error.errno)
    if isinstance(error, FileReplaced):
        return 'moved'
    if isinstance(error, MaxConnectionsExceeded):
        return 'busy'
    # SQLite ends a transaction by itself when the disk is full, and what comes last is that there is none to
    # roll back
    causes, one = [], error
    while one is not None and len(causes) < 20:
        causes.append(one)
        one = getattr(one, 'orig', None) or one.__context__
    codes = [found for cause in causes if (found := _code(cause)) is not None]
    if codes:
        what = next((what for what in codes if what), None)
        if what == 'failing' and isinstance(db.obj, SqliteDatabase):
            return file_trouble(Path(db.obj.database))
        return what
    return 'unreachable' if isinstance(error, (OperationalError, InterfaceError)) else None


#: with fewer bytes left SQLite cannot even make the files beside its own
ROOM = 1024 * 1024


def file_trouble(path):
    """Return what keeps SQLite's file from being opened, read or written: SQLite itself does not say."""
    folder = path.parent
    if not folder.is_dir() or path.is_dir():
        return 'missing'
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return 'readonly'
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return 'readonly'
    return 'full' if shutil.disk_usage(folder).free < ROOM else 'failing'


def _code(cause):
    """Return what a driver's error code says: a key of MESSAGES, '' for another fault, None for no code."""
    if (code := getattr(cause, 'sqlite_errorcode', None)) is not None:
        return 'schema' if 'no such table' in str(cause) else SQLITE.get(code & 0xff, '')
    if state := getattr(cause, 'sqlstate', None):
        return next((POSTGRESQL[state[:size]] for size in (5, 3, 2) if state[:size] in POSTGRESQL), '')
    return None
