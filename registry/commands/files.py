"""`daicho files`: the files of documents that are missing, damaged, or named by nobody."""
import sys
from contextlib import suppress

import click

from audits import trail
from models import Attachment, db

from ..core import clock
from .terminal import emit, files_of, progress, register, say


@click.command('files')
@click.option('--remove-orphans', 'remove', is_flag=True,
              help='remove the files that no record has named for a day')
@click.option('--json', 'as_json', is_flag=True)
def files(remove, as_json):
    """Read every file of a document; name what is missing or damaged, and what no record names."""
    with register() as app:
        store, draw = files_of(app.config), progress('文書のファイル')
        rows = list(Attachment.select(Attachment.id, Attachment.name, Attachment.sha256, Attachment.size)
                    .order_by(Attachment.id).tuples())
        broken = []
        for done, (id, name, sha256, size) in enumerate(rows, 1):
            if what := store.problem(sha256, size):
                broken.append({'id': id, 'name': name, 'sha256': sha256, 'what': what})
            if draw:
                draw(done, len(rows))
        orphans = remove_orphans(store) if remove else orphans_of(store)
    if as_json:
        emit({'files': len(rows), 'broken': broken, 'removed': remove,
              'orphans': [{'path': str(path), 'bytes': size} for path, size in orphans]})
    else:
        for one in broken:
            click.echo(f'文書 #{one["id"]} {one["name"]}: {one["what"]}')
        for path, size in orphans:
            click.echo(f'どの記録にもないファイル{"（消しました）" if remove else ""} {path}（{size:,} B）')
    say(f'文書 {len(rows):,}件、壊れているもの {len(broken):,}件、どの記録にもないファイル {len(orphans):,}個'
        + ('を消しました。' if remove else '。'))
    if broken:
        sys.exit(1)


def orphans_of(store):
    """Return [(path, size)] of the files that no row names and that are older than a day."""
    known = {sha256 for (sha256,) in Attachment.select(Attachment.sha256).tuples()}
    return list(store.orphans(known, clock.actual().timestamp()))


def remove_orphans(store):
    """Remove the orphans while nobody writes: an act names a file only where it is there."""
    with db.atomic():
        trail.lock_head()
        found = orphans_of(store)
        for path, _ in found:
            with suppress(FileNotFoundError):
                path.unlink()
    return found
