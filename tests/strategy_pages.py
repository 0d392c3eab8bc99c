"""A year of a strategy in the pages."""

YEAR = '/strategies/2027'


def sent(browser, address, status=303, **fields):
    answer = browser.post(address, data=fields)
    assert answer.status_code == status, f'{address}: {answer.status_code} {answer.page.text[:400]}'
    return answer.text
