"""Settings: what is in force stands, and has limits."""
import re

from form_posts import refused, upload, values
from strategy_pages import sent


def test_a_number_of_steps_below_the_masters_is_refused(client_of):
    it = client_of('it')
    words = refused(it, '/settings/new', name='steps_per_business', valid_from='2026-11-01', value='1')
    assert 'それより小さい数は使えません' in words
    assert 'それより小さい数は使えません' in upload(it, 'settings', 'name,valid_from,value',
                                      '1業務あたりのステップ数,2026-11-01,1')


def test_a_setting_in_force_stands(it):
    page = it.get('/settings/?name=large_case_amount').page
    address = next(link for link in page.links if re.fullmatch(r'/settings/\d+', link))
    fields = values(it, f'{address}/edit') | {'verified': '1'}
    assert '変えられません' in sent(it, f'{address}/edit', 422, **fields | {'value': '20,000,000'})
    sent(it, f'{address}/edit', **fields)
