"""The files a person has sent to be imported: kept as they were read, outside the web root, for a day."""
import hashlib
import json
import os
import time
from contextlib import contextmanager, suppress

try:
    import fcntl
except ImportError:  # Windows, where one process serves
    fcntl = None

from flask import current_app
from flask_login import current_user

from ..core import clock
from ..records import sheets

#: how many uploads of a person are kept, and how many bytes of them
KEPT_FILES, KEPT_BYTES = 40, 200 * 1024 * 1024
#: how long a person's second file waits while the first is read, in seconds
TURN_SECONDS = 3
BUSY = '前に選んだファイルの確認がまだ続いています。終わってから、もう一度送信してください。'
#: how long an upload is kept that nobody goes on with, in seconds
EXPIRY_SECONDS = 24 * 3600


def folder(person=None):
    """Return a person's own folder of uploads, outside the web root; expired uploads are deleted.

    `person` is their id, by default who is signed in.
    """
    home = current_app.config['INSTANCE'] / 'uploads'
    path = home / str(person or current_user.id)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    expire(home)
    return path


def expire(home):
    """Delete the uploads of all people that are older than a day."""
    oldest = clock.actual().timestamp() - EXPIRY_SECONDS
    for path in home.glob('*/*'):
        with suppress(OSError):  # another request was quicker
            if path.stat().st_mtime < oldest:
                path.unlink()


@contextmanager
def one_at_a_time():
    """Read one file of a person at a time, in whichever process; yield whether this one's turn has come."""
    if fcntl is None:
        yield True
        return
    with open(folder().with_suffix('.lock'), 'ab') as lock:
        until = time.monotonic() + TURN_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    yield False
                    return
                time.sleep(0.05)
            else:
                yield True
                return


def store_upload(data, encoding, about):
    """Read an upload and store the sheet with its settings; return its token.

    The oldest uploads are dropped to make room.
    """
    sheet = sheets.read(data, about['name'], encoding)
    token = hashlib.sha256(data + json.dumps([encoding, about], sort_keys=True).encode()).hexdigest()[:32]
    home = folder()
    unready = home / f'{token}.part'
    try:
        with unready.open('wb') as file:
            sheet.write(file, about | {'rows': len(sheet.rows)})
        os.replace(unready, home / token)
    except OSError:
        unready.unlink(missing_ok=True)
        raise
    room, ages = KEPT_BYTES, []
    for path in home.iterdir():
        with suppress(FileNotFoundError):
            ages.append((path.stat().st_mtime, path.stat().st_size, path))
    for place, (_, size, path) in enumerate(sorted(ages, reverse=True)):
        room -= size
        if path.name != token and (place >= KEPT_FILES or room < 0):
            path.unlink(missing_ok=True)
    return token


def stored_upload(token, person=None):
    """Return (about, Sheet) of an upload of a person's, or None when it is not there any more."""
    try:
        with (folder(person) / token).open('rb') as file:
            return sheets.Sheet.read_back(file)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def about_upload(token):
    """Return what is known of an upload besides its rows, or None when it is not there any more."""
    try:
        with (folder() / token).open('rb') as file:
            return json.loads(file.readline())[0]
    except (FileNotFoundError, ValueError, IndexError, UnicodeDecodeError):
        return None


def keep_findings(token, key, found, person):
    """Keep what was found in an upload, read as `key` tells, beside it."""
    home = folder(person)
    unready = home / f'{token}.{key}.part'
    unready.write_text(json.dumps(found), 'utf-8')
    os.replace(unready, home / f'{token}.{key}')
    # what a person is still looking at does not expire
    os.utime(home / token)


def kept_findings(token, key):
    """Return what was found in an upload, or None where it has not been read so."""
    try:
        return json.loads((folder() / f'{token}.{key}').read_text('utf-8'))
    except (FileNotFoundError, ValueError):
        return None


def drop(token, person=None):
    """Delete an upload of a person's that has been imported, and what was found in it."""
    for path in folder(person).glob(f'{token}*'):
        path.unlink(missing_ok=True)
