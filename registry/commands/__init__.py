"""`daicho …`: the register from the command line.

Exit status 0: done; 1: the data is wrong; 2: the call is wrong.
"""
import os
from functools import partial

import click

from . import database, files, people, records, reminders, results, server, trail
from .terminal import CommandGroup


@click.group(cls=CommandGroup, context_settings={'help_option_names': ['-h', '--help']})
@click.pass_context
def main(ctx):
    """台帳 Daicho: the IT governance asset registry of a city hall."""
    # what is made here, database and uploads and files written out, is for this account only
    ctx.call_on_close(partial(os.umask, os.umask(0o077)))


for command in (database.migrate, database.rebuild, database.backup, database.restore, database.demo,
                files.files, server.serve, server.work, people.person, people.token, records.import_,
                records.export, results.kpi, results.report_, reminders.remind, trail.trail_):
    main.add_command(command)
