"""Numbers: with their unit and commas, and none that is not of the list."""
from form_posts import refused, values


def test_numbers_may_bear_their_unit_and_lists_their_commas(client_of):
    it = client_of('it')
    asked = values(it, '/systems/1/edit') | {'users': '１，２００ 人', 'std_business': 'B01, B02、B03'}
    assert it.post('/systems/1/edit', data=asked).status_code == 303
    page = it.get('/systems/1').page.text
    assert '1,200人' in page and values(it, '/systems/1/edit')['std_business'] == 'B01;B02;B03'


def test_what_is_not_a_number_of_the_list_is_told(client_of):
    assert '次から選んで' in refused(client_of('it'), '/incidents/1/edit', level='፩')
