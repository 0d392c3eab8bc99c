"""The client's address, as trusted proxies pass it on."""
from ipaddress import ip_address


def _known(text):
    """Return an address, an IPv4 one in IPv6's clothes as IPv4; None for what is none."""
    try:
        address = ip_address(text.strip()[:45])
    except ValueError:
        return None
    return getattr(address, 'ipv4_mapped', None) or address


def client_address(peer, forwarded, trusted):
    """Return whose request it is: the last address in the chain that is no trusted proxy's.

    Whatever stands before that one in X-Forwarded-For was written by somebody we do not trust.
    """
    address = _known(peer)
    for hop in reversed(forwarded[-2000:].split(',')):
        if address is None or not any(address in network for network in trusted):
            break
        before = _known(hop)
        if before is None:
            break
        address = before
    return peer if address is None else str(address)


class Proxied:
    """A WSGI application that sees the client's address instead of its proxy's."""

    def __init__(self, app, trusted):
        self.app, self.trusted = app, trusted

    def __call__(self, environ, start_response):
        environ['REMOTE_ADDR'] = client_address(environ.get('REMOTE_ADDR') or '',
                                                environ.get('HTTP_X_FORWARDED_FOR', ''), self.trusted)
        return self.app(environ, start_response)
