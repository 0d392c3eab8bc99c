"""The SQL that our Writer writes is peewee's, word for word."""
from datetime import date

from peewee import Context
from permit_matrix import places

from models import db
from models.figures import MEASURES, figure
from models.statements import Writer

#: lists asked for in every way: search, choice, pointing, days, the order of another table's column
LISTS = ('/systems/?q=税務&lifecycle=operate&pii=yes&ends=1&sort=-contract_end_on',
         '/systems/?successor=S-00002',
         '/contracts/?system=S-00001&sort=vendor', '/cases/?q=S-1&sort=-department',
         '/trail/?actor=it&page=2', '/incidents/?open=1&system=S-00001', '/search?q=情報')


def test_every_statement_is_as_peewee_writes_it(app, client_of, monkeypatch):
    seen = []

    class Both(Writer):
        def sql(self, obj):
            outermost = not self._sql and not self.stack
            written = super().sql(obj)
            if outermost:
                assert written.query() == Context(**self.state.settings).sql(obj).query()
                seen.append(''.join(written._sql))
            return written

    monkeypatch.setattr(db.obj, 'context_class', Both)
    browser = client_of('it')
    for address in (*LISTS, *(address for _, methods, address in places(app) if 'GET' in methods)):
        assert browser.get(address).status_code < 500
    with app.app_context(), db.connection_context():
        for name in MEASURES:
            for year in (2025, 2026):
                found = figure(name, year, date(year, 12, 31))
                assert found.population.sizes()
                assert [rows.count() for rows in (*found.counted, *found.left_out)]
    statements = ' '.join(seen)
    # all that the Writer writes by itself was there
    for part in (' IN (', ' NOT IN (', ' IS NULL', 'CASE ', 'EXISTS(', 'ORDER BY', '0 = 1'):
        assert part in statements, part
    assert len(seen) > 300
