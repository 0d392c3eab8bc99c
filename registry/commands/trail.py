"""`daicho trail …`: the trail's head, and whether it is whole."""
import sys

import click
from peewee import PeeweeException

from audits import trail, verify

from .terminal import emit, fail, files_of, register


@click.group('trail')
def trail_():
    """The trail: its head, and whether it is whole."""


@trail_.command()
@click.option('--json', 'as_json', is_flag=True)
def head(as_json):
    """Print the chain's head."""
    with register():
        found = trail.head()
    at = found.at.isoformat() if found.at else None
    if as_json:
        emit({'seq': found.seq, 'hash': found.hash, 'at': at})
    else:
        click.echo(f'操作 {found.seq}  {found.hash}  {at or "－"}')


@trail_.command('verify')
@click.option('--json', 'as_json', is_flag=True)
def verify_(as_json):
    """Recompute the chain and compare all records; 0 intact, 1 tampered with, 2 could not be checked."""
    try:
        with register(status=2) as app:
            found = verify.verify(files_of(app.config))
    except (verify.Unverifiable, PeeweeException) as error:
        fail(f'検証できませんでした。改ざんの有無は分かりません（{" ".join(str(error).split())}）。', 2)
    if as_json:
        emit({'intact': found.intact, 'acts': found.acts, 'head': {'seq': found.seq, 'hash': found.hash},
              'first_broken': found.first_broken, 'rows_changed_outside': [
                  {'table': row['table'], 'row': row['row'], 'label': row['label'], 'what': row['what']}
                  for row in found.outside], 'unguarded': found.unguarded, 'schema': [
                  {name: row[name] for name in ('table', 'kind', 'name', 'what')} for row in found.schema]})
    else:
        click.echo(f'操作 {found.acts:,}件、変更 {found.changes:,}件: '
                   + ('改ざんは見つかりませんでした。' if found.intact else '改ざんが見つかりました。'))
        if found.first_broken:
            click.echo(f'最初に壊れている操作 {found.first_broken["seq"]}: {found.first_broken["what"]}')
        for row in found.outside:
            click.echo(f'{row["table"]} #{row["row"]} {row["label"]}: {row["what"]}')
        if found.unguarded:
            click.echo(f'操作履歴の書換えを防ぐトリガーがありません: {"、".join(found.unguarded)}')
        for row in found.schema:
            click.echo(f'データベースの形 {row["table"]}: {row["what"]}')
    if not found.intact:
        sys.exit(1)
