"""Signing in, for the tests of what follows."""
from cast import email

NEW = '坂の多い街の夕暮れ-41'


def attempt(browser, who='it', password='wrong', **more):
    return browser.post('/sign-in', data={'email': email(who), 'password': password}, **more)


def signed_in(browser):
    return browser.get('/account/').status_code == 200
