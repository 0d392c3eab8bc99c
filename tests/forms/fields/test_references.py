"""References: many numbers are looked up at once."""
import pytest
from form_posts import refused, values

from models import Review, db

pytestmark = pytest.mark.engine_free


def test_many_numbers_are_looked_up_at_once(client_of, queries):
    browser = client_of('it')
    form = values(browser, '/reviews/1/edit')
    numbers = [f'S-{n:05d}' for n in range(10_000, 13_000)]
    queries.clear()
    words = refused(browser, '/reviews/1/edit', system_nos=';'.join(numbers))
    assert 'S-10000、S-10001' in words and 'は登録されていません' in words
    assert len(queries) < 40, len(queries)
    queries.clear()
    words = refused(browser, '/reviews/1/edit', system_nos=';'.join('1' for _ in range(6000)))
    assert '5,000件まで' in words and '現在6,000件' in words
    assert not [sql for sql in queries if '"system_no" IN' in sql]
    assert browser.post('/reviews/1/edit',
                        data=form | {'system_nos': 'S-00001, S-00002、S-00003\nS-00001；'}).status_code == 303
    with browser.application.app_context(), db.connection_context():
        assert sorted(link.system.system_no for link in Review.get_by_id(1).system_links
                      if link.voided_at is None) == [
            'S-00001', 'S-00002', 'S-00003']


def test_a_lost_zero_is_looked_for_in_one_query(client_of, queries):
    browser = client_of('it')
    queries.clear()
    assert '「0201」ならあります' in refused(browser, '/systems/1/edit', owner_code='201')
    assert len([sql for sql in queries if 'FROM "department"' in sql and '"code" IN' in sql]) == 2
