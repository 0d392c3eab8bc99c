"""What the tests of the API share."""
import json

from cast import TODAY
from click.testing import CliRunner

from audits import trail
from models import Act, Change, Department, System, db
from registry.commands import main
from registry.core import clock


def head(app):
    with app.app_context(), db.connection_context():
        return trail.head().seq


def last_act(app):
    with app.app_context(), db.connection_context():
        act = Act.select().order_by(Act.seq.desc()).first()
        return act, [(each.table, each.row, each.kind, json.loads(each.values))
                     for each in Change.select().where(
            Change.act == act).order_by(Change.place)]


def command(settings, tmp_path, monkeypatch, *words):
    for name, value in {'DATABASE_URL': settings['DATABASE_URL'], 'DAICHO_INSTANCE': str(tmp_path),
                        'DAICHO_SECRET_KEY': 'k' * 40, 'DAICHO_TODAY': TODAY.isoformat()}.items():
        monkeypatch.setenv(name, value)
    db.close_all()  # the command opens the database for itself
    found = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    clock.pin(TODAY)
    return found


# --- lists ---
def many(app, number):
    with app.app_context(), db.connection_context(), trail.act('systems.import', by=None,
            at=clock.now()) as act:
        owner = Department.get(Department.code == '0201')
        act.insert([System(system_no=f'T-{n:05}', name='同じ名', owner=owner, category='office', users=n)
                    for n in range(number)])
