"""What a calendar reads: a person's dated duties (iCalendar), under an address that is shown once."""
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from peewee import JOIN

from forms.feeds import FeedForm
from models import Feed, FeedUse, Person
from models.rules import duties
from models.statements import Prepared

from ..core import clock
from ..records import dues, pages, saving
from ..records.noun import Part
from . import bounds, errors, tokens
from .guard import allowed, permit, signed_in
from .submission import filled_form, signed

bp = Blueprint('feeds', __name__)
#: how many addresses a person may have, how often a minute one may be read, how many duties it gives at most
MOST, RATE, EVENTS = 10, 30, 100
#: how far ahead it looks
AHEAD = timedelta(days=366)


def prepare_feed(row, before, form, by, at):
    """Yield (field name, message) of why an address is not made."""
    if row.person.one_time_until is not None:
        yield '', '一時パスワードのままでは、アドレスを作れません。先に自分のパスワードに変えてください。'
    if len(usable_feeds(row.person)) >= MOST:
        yield '', f'アドレスは1人{MOST}個までです。使っていないものを失効させてください。'


feeds = Part(name='feeds', title='カレンダーのアドレス', table=Feed, form=FeedForm, prepare=prepare_feed)


def usable_feeds(person):
    """Return a person's addresses, newest first, each with `last_use` (a FeedUse or None)."""
    rows = list(Feed.select().where(Feed.person == person, Feed.live()).order_by(Feed.id.desc()))
    known = FeedUse.select().where(FeedUse.feed.in_([row.id for row in rows] or [0]))
    uses = {use.feed_id: use for use in known}
    for row in rows:
        row.last_use = uses.get(row.id)
    return rows


def end_all(act, person, reason):
    """Revoke every address of a person in an act."""
    for row in usable_feeds(person):
        act.void(row, reason)


# --- what a calendar reads ---

#: the person of a token's hash, with the address and its last use: one statement, its SQL made once
_person_of = Prepared(lambda found: Person.select(
    Person, Feed.id.alias('feed_id'), Feed.voided_at.alias('feed_voided_at'), FeedUse.used.alias('feed_used')
).join(Feed).join(FeedUse, JOIN.LEFT_OUTER, on=FeedUse.feed == Feed.id).where(Feed.token_hash == found))


@bp.get(bounds.FEED)
def calendar():
    """Give the dated duties of the person whose token the address holds, as they are theirs now.

    An address that is not known, revoked, or of a person who may not sign in is not there.
    """
    token = request.args.get('token', '')
    person = next(iter(_person_of(tokens.hash_of(token))), None) if token else None
    if person is None:
        if token and (wait := tokens.wait_of_wrong()):
            return too_often(wait)
        abort(404)
    if person.feed_voided_at or not tokens.is_open(person):
        abort(404)
    if wait := tokens.wait_for_turn(('feed', person.feed_id), RATE):
        return too_often(wait)
    tokens.note_use(FeedUse, person.feed_id, FeedUse.used.python_value(person.feed_used))
    return Response(calendar_of(person, current_app.config.get('URL') or request.host_url),
                    content_type='text/calendar; charset=utf-8',
                    headers={'Content-Disposition': 'inline; filename="daicho.ics"'})


def too_often(wait):
    page, code = errors.page(429)
    return page, code, {'Retry-After': str(wait)}


def chosen_duties(person, today):
    """Return (the most urgent dated Duties of a person, how many more there are within a year).

    Late ones fill half of them at most: what is to come would not be seen for what was missed.
    """
    until = today + AHEAD
    days = [day for day in dues.days_of(person, until=until) if not day.kind.due.waits and day.day <= until]
    late, coming = [day for day in days if day.late], [day for day in days if not day.late]
    ahead = dues.total(coming)
    number = min(dues.total(late), max(EVENTS // 2, EVENTS - ahead))
    found = [*dues.duties_at(person, late, 0, number, until=until),
             *dues.duties_at(person, coming, 0, EVENTS - number, until=until)]
    return found, dues.total(days) - len(found)


def calendar_of(person, home):
    """Return a person's dated duties as iCalendar; `home` is the register's address, with its last slash."""
    # what writes calendars takes a tenth of a second and 8 MB: most processes never need it
    from icalendar import Calendar, Event
    today, now = clock.today(), clock.now()
    found, more = chosen_duties(person, today)
    host = urlsplit(home).hostname
    whole = Calendar()
    for name, value in (('prodid', '-//Daicho//Duties//JA'), ('version', '2.0'), ('method', 'PUBLISH'),
                        ('x-wr-calname', '台帳 期限のある仕事'), ('x-published-ttl', 'PT4H')):
        whole.add(name, value)

    def add(uid, day, summary, address, about):
        event = Event()
        for name, value in (('uid', f'{uid}@{host}'), ('dtstamp', now), ('dtstart', day),
                            ('dtend', day + timedelta(days=1)), ('summary', summary),
                            ('description', about), ('url', home + address.lstrip('/')),
                            # nobody is away for a duty
                            ('transp', 'TRANSPARENT')):
            event.add(name, value)
        whole.add_component(event)
    for duty in found:
        late = '▲期限超過 ' if duty.stage == duties.LATE else ''
        about = ' '.join(filter(None, (duty.unit, duty.who)))
        add(f'{duty.code}-{duty.row}', duty.day, f'{late}{duty.title}: {duty.label}', duty.address, about)
    if more:
        add('more', today, f'ほかに{more:,}件の期限のある仕事があります', '/duties/?when=all',
            '台帳の「期限のある仕事」で、すべて見られます。')
    return whole.to_ical()


# --- pages ---

@bp.route('/feeds/new', methods=['GET', 'POST'])
@permit('feeds.create')
def new():
    """Make an address for the person signed in: it is shown in this answer and never again."""
    form = filled_form(FeedForm)
    crumbs = [('ホーム', url_for('board.index')), ('自分の設定', url_for('sign_in.account')),
              ('カレンダーのアドレス', None)]
    if request.method == 'POST':
        token = tokens.MARK + secrets.token_urlsafe(32)
        place = {'person': Person.get_by_id(signed_in().id), 'token_hash': tokens.hash_of(token)}
        outcome = saving.save(feeds, form, None, place=place, **signed(''))
        if isinstance(outcome, saving.Saved):
            home = current_app.config.get('URL') or request.host_url
            return render_template('feeds/made.html', row=outcome.row, crumbs=crumbs,
                                   address=f'{home.rstrip("/")}{bounds.FEED}?token={token}')
        pages.add_errors(form, outcome.problems)
    return render_template('feeds/new.html', form=form, crumbs=crumbs), 422 if form.errors else 200


@bp.post('/feeds/<int:id>/revoke')
@permit('feeds.void')
def revoke(id):
    """Revoke one of one's own addresses, or as an administrator anybody's."""
    row = Feed.by_id(id)
    if row is None or not allowed('feeds.void', row):
        abort(404)
    mine = row.person_id == signed_in().id
    if row.voided_at:
        flash('そのアドレスは、もう失効しています。')
    else:
        saving.void(feeds, row, **signed('本人による失効' if mine else '管理者による失効'))
        flash(f'カレンダーのアドレス「{row.name}」を失効させました。')
    back = url_for('sign_in.account') if mine else url_for('people.show', id=row.person_id)
    return redirect(back, code=303)
