"""A copy with documents: a tar of the register's own copy and every file that a document names."""
import re
import secrets
import shutil
import tarfile
from contextlib import contextmanager

from audits.files import Damaged

from .copies import Failed, removing

REGISTER, MEMBER = 'register', re.compile('files/([0-9a-f]{2})/([0-9a-f]{62})')
BROKEN = '写しは壊れています。何も変更していません'


def pack(register, packed, store, documents):
    """Write a register's copy and its documents' files to `packed`; return the words for what is left out.

    `documents` are (id, name, SHA-256, size).
    """
    problems, done = [], set()
    with tarfile.open(packed, 'w') as tar:
        tar.add(register, REGISTER)
        for id, name, sha256, size in documents:
            if what := store.problem(sha256, size):
                problems.append(f'文書 #{id} {name}: {what}')
            elif sha256 not in done:
                done.add(sha256)
                with store.open(sha256) as file:
                    member = tarfile.TarInfo(f'files/{sha256[:2]}/{sha256[2:]}')
                    member.size = size
                    tar.addfile(member, file)
    return problems


@contextmanager
def unpacked(path, store):
    """Yield the path of a copy's register, its documents' files put into the store first.

    A copy without documents is the register itself. What the store gains is harmless where the register is
    not put back after all: nothing names it.
    """
    if not tarfile.is_tarfile(path):
        yield path
        return
    register = store.folder.parent / f'.{secrets.token_hex(8)}.restore'
    with removing(register):
        try:
            register.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tarfile.open(path, 'r:') as tar:
                for member in tar:
                    take(tar, member, register, store)
        except (tarfile.TarError, EOFError, Damaged) as error:
            raise Failed(f'{BROKEN}（{error}）。') from None
        if not register.exists():
            raise Failed('台帳の写しではありません。何も変更していません。')
        yield register


def take(tar, member, register, store):
    """Put one member of a copy where it belongs; raise Failed for one that no copy of ours has."""
    file, found = tar.extractfile(member) if member.isfile() else None, MEMBER.fullmatch(member.name)
    if file is not None and member.name == REGISTER and not register.exists():
        with register.open('xb') as out:
            shutil.copyfileobj(file, out, 1024 * 1024)
    elif file is not None and found:
        sha256 = ''.join(found.groups())
        if store.problem(sha256, member.size):
            store.add(file, expected=sha256)
    else:
        raise Failed('台帳の写しではありません。何も変更していません。')
