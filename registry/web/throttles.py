"""Guessing made slow: failed sign-ins are counted, and each more makes the next wait longer.

What is slowed is one account from one address. Only guesses from very many addresses slow an account as a
whole, and never the browsers in which its owner has signed in. See docs/decisions/0022.
"""
import hashlib
import hmac
import threading
from datetime import timedelta
from ipaddress import ip_network

from flask import current_app, request

from audits import trail
from models import Throttle, db

from ..core import clock
from . import devices

#: failures that cost no wait: of an account from an address, of an account from anywhere, of an address
FREE, FREE_ACCOUNT, FREE_ADDRESS = 5, 50, 30
LONGEST = 900
FORGOTTEN = timedelta(hours=1)
#: how many guesses from addresses with many failures a process verifies at once: hashing is dear
_lane = threading.BoundedSemaphore(2)


def account_hash(email):
    """Return what an account is called in counts and logs: who has the log alone cannot look it up."""
    return hmac.new(current_app.config['SECRET_KEY'].encode(),
                    b'account ' + email.lower().encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:24]


def network_of(address):
    """Return an address as failures are counted: of IPv6 a whole /64, which one client has to itself."""
    try:
        return str(ip_network(f'{address}/64', strict=False)) if ':' in address else address[:45]
    except ValueError:
        return address[:45]


def wait_of(failures, free):
    """Return how many seconds a number of failures costs."""
    return min(LONGEST, 2 ** min(failures - free, 12)) if failures > free else 0


class Attempt:
    """One sign-in: `wait` is how long it is refused, 0 where it may be verified.

    Then it is already counted as failed.
    """

    def __init__(self, email, person):
        self.account, self.address = account_hash(email), request.remote_addr or '-'
        network = network_of(self.address)
        device, people = devices.read()
        self.known = bool(device) and person is not None and person.id in people
        #: {key: failures that cost no wait, None where the count only tells of the address}
        self.free = {f'device:{self.account}:{device}': FREE} if self.known else {
            f'account:{self.account}': FREE_ACCOUNT, f'pair:{self.account}:{network}': FREE,
            f'address:{network}': None}
        self.suspect = not self.known and self._failures(f'address:{network}') > FREE_ADDRESS
        if self.suspect:  # one guess an account, then the account waits for this address
            self.free[f'pair:{self.account}:{network}'] = 0
        self.wait, self.busy, self.held = 0, False, False

    @staticmethod
    def _failures(key):
        row = Throttle.get_or_none(Throttle.key == key)
        return row.failures if row and row.last > clock.actual() - FORGOTTEN else 0

    def __enter__(self):
        self.held = self.suspect and _lane.acquire(blocking=False)
        self.busy = self.suspect and not self.held
        if not self.busy:
            self.wait = self._count()
        return self

    def __exit__(self, *error):
        if self.held:
            _lane.release()

    def _count(self):
        """Count this attempt as failed, unless it has to wait: return for how long.

        Attempts at the same time queue here.
        """
        now, keys = clock.actual(), sorted(self.free)
        counts = Throttle.select().where(Throttle.key.in_(keys)).order_by(Throttle.key)
        with trail.untrailed():
            if wait := self._waits(counts.clone(), now):
                return wait
            with db.atomic():
                for key in keys:
                    Throttle.insert(key=key, failures=0, last=now).on_conflict_ignore().execute()
                rows = list(counts.for_update() if db.obj.for_update else counts)
                if wait := self._waits(rows, now):
                    return wait
                for row in rows:
                    self._add(row, now)
        return 0

    def _add(self, row, now):
        free, fresh = self.free[row.key], row.last < now - FORGOTTEN
        failures = 1 if fresh else row.failures + 1
        wait = 0 if free is None else wait_of(failures, free)
        # many people share an address: its hour is counted from its first failure, an account's from the last
        last = row.last if free is None and not fresh and row.failures else now
        until = now + timedelta(seconds=wait) if wait else None
        Throttle.update(failures=failures, last=last, until=until).where(Throttle.key == row.key).execute()

    def _waits(self, rows, now):
        return max([0, *(self._left(row, now) for row in rows)])

    def _left(self, row, now):
        """Return how many seconds a key has to wait.

        Where the clock was set back it is no longer than its failures cost.
        """
        if row.until is None or row.until <= now:
            return 0
        left = int((row.until - now).total_seconds()) + 1
        most = wait_of(row.failures, self.free[row.key] or 0)
        if left > most + 1:
            until = now + timedelta(seconds=most)
            Throttle.update(last=now, until=until).where(Throttle.key == row.key).execute()
            return most + 1
        return left

    def succeed(self):
        """Take back what was counted: the one who signed in has not failed."""
        with trail.untrailed():
            for key in self.free:
                if key.startswith(('pair:', 'device:')):
                    Throttle.delete().where(Throttle.key == key).execute()
                else:
                    Throttle.update(failures=Throttle.failures - 1, until=None).where(
                        Throttle.key == key, Throttle.failures > 0).execute()
            Throttle.delete().where(Throttle.last < clock.actual() - timedelta(days=1)).execute()


class WrongToken(Attempt):
    """A token of the API that nobody holds, counted by the address it came from.

    The right ones are never kept waiting.
    """

    def __init__(self):
        self.account, self.address, self.known, self.suspect = '', request.remote_addr or '-', False, False
        self.free = {f'token:{network_of(self.address)}': FREE_ADDRESS}
        self.wait, self.busy, self.held = 0, False, False


def _keys_of(email):
    account = account_hash(email)
    return ((Throttle.key == f'account:{account}') | Throttle.key.startswith(f'pair:{account}:')
            | Throttle.key.startswith(f'device:{account}:'))


def has_to_wait(email):
    """Tell whether some sign-in of an account waits now."""
    return Throttle.select().where(_keys_of(email), Throttle.until > clock.actual()).exists()


def forget_failures(email):
    """Forget the failures of an account, so that its owner can sign in again."""
    with trail.untrailed():
        Throttle.delete().where(_keys_of(email)).execute()
