"""The bytes of documents (文書): a folder outside the web root in which each file bears its own SHA-256.

A file is there whole or not at all, and is never written again. What no row names is an orphan: it does no
harm, and is removed when it is old.
"""
import errno
import hashlib
import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

#: where in the instance they are
FOLDER = 'attachments'
#: how much is read at once, and the age in seconds from which what no row names may be removed
BLOCK, OLD = 1024 * 1024, 24 * 3600
#: bytes of the disk that documents leave to the register, which may lie on it too
RESERVE = 256 * 1024 * 1024
#: what a whole file is called in its folder, and what one is called that is being written
WHOLE, PART = re.compile('[0-9a-f]{62}'), '.part'


class Damaged(Exception):
    """The bytes that were written are not those that were announced."""


class Store:
    """The files below a folder, by their SHA-256: the first two digits name the folder within it."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def path(self, sha256):
        return self.folder / sha256[:2] / sha256[2:]

    def require_room(self, size):
        """Raise OSError (ENOSPC) where `size` more bytes would not leave enough of the disk to others."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < size + RESERVE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))

    def add(self, stream, expected=None):
        """Keep what a stream holds from where it stands; return its SHA-256.

        It appears under its name when all of it is on the disk. Raises Damaged where that is not `expected`,
        OSError where it cannot be written.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f'{secrets.token_hex(16)}{PART}'
        try:
            sha = hashlib.sha256()
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as file:
                while block := stream.read(BLOCK):
                    sha.update(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            found = sha.hexdigest()
            if expected is not None and found != expected:
                raise Damaged(expected)
            path = self.path(found)
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _sync(self.folder)
            # one that is there already is the same one, but for damage; the new one is young again
            os.replace(part, path)
            _sync(path.parent)
        finally:
            part.unlink(missing_ok=True)
        return found

    def has(self, sha256):
        return self.path(sha256).is_file()

    def open(self, sha256):
        """Return the open file of a SHA-256; raise FileNotFoundError where it is not there."""
        return self.path(sha256).open('rb')

    def problem(self, sha256, size, contents=True):
        """Return what is wrong with a file in words, '' for nothing.

        Without `contents` only its size is looked at.
        """
        try:
            with self.open(sha256) as file:
                if os.fstat(file.fileno()).st_size != size:
                    return 'ファイルの大きさが、記録と一致しません。'
                if contents and hashlib.file_digest(file, 'sha256').hexdigest() != sha256:
                    return 'ファイルの中身が、記録されたSHA-256と一致しません。'
        except FileNotFoundError:
            return 'ファイルがありません。'
        except OSError as error:
            return f'ファイルを読めません（{error.strerror}）。'
        return ''

    def orphans(self, known, now, age=OLD):
        """Yield (path, size) of the files that no row names, `known` being the SHA-256s that some do.

        Those younger than `age` seconds before `now` (seconds) are left out: their act may be under way.
        """
        for path in sorted(self.folder.rglob('*')):
            with suppress(FileNotFoundError):
                found = path.stat()
                named = WHOLE.fullmatch(path.name) and path.parent.name + path.name in known
                if path.is_file() and not named and now - found.st_mtime >= age:
                    yield path, found.st_size


def _sync(folder):
    """Have the names in a folder on the disk."""
    with suppress(PermissionError):  # Windows opens no folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
