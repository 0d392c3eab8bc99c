"""The list of duties (期限のある仕事) by their days, and what home shows of them."""
from datetime import date
from functools import partial
from math import ceil
from types import SimpleNamespace
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, request
from markupsafe import Markup

from models import Department
from models.rules import calendar, duties

from .core import clock
from .core.memo import cached_drawing
from .records import display, dues, listing
from .web.guard import permit, signed_in

bp = Blueprint('duties', __name__, url_prefix='/duties')

#: how many duties home names, and how many of those of all that a person oversees: they fit one screen
FEW, MOST_LATE = 6, 3
#: which duties the list has: what it is called, and which days of which duties these are
WHEN = {
    'late': ('期限超過', lambda each, today: each.late),
    'month': ('今月が期限', lambda each, today: not each.kind.due.waits
              and duties.month_of(today)[0] <= each.day <= duties.month_of(today)[1]),
    'later': ('来月以降が期限', lambda each, today: not each.kind.due.waits
              and each.day > duties.month_of(today)[1]),
    'waiting': ('期限のない対応待ち', lambda each, today: each.kind.due.waits),
    'all': ('すべて', lambda each, today: True),
    'put-off': ('あとで', lambda each, today: True)}
#: whose duties are those of several units
DESK_ROLES = frozenset({'it', 'auditor', 'executive'})


def asked_month(text, today):
    """Return the first day of the month asked for as 2026-11, by default of this one."""
    try:
        found = date.fromisoformat(f'{text}-01')
    except ValueError:
        found = today
    # the months beside it are days too
    return (found if 1900 < found.year < 2199 else today).replace(day=1)


def month_view(days, first, page, **query):
    """Return the calendar of a month as the template shows it.

    `page` is the address of the page it stands on, `query` what that is narrowed to.
    """
    today, counted = clock.today(), dues.calendar_of(days, first)

    def cell(day):
        return SimpleNamespace(day=day.day, number=counted[day], today=day == today, late=day < today,
                               url=f'/duties/?{urlencode(query | {"day": day.isoformat()})}')

    def turned(to):
        return f'{page}?{urlencode(query | {"month": f"{to:%Y-%m}"})}', f'{to.year}年{to.month}月'
    return SimpleNamespace(
        title=f'{first.year}年{first.month}月', month=first.month, total=sum(counted.values()),
        previous=turned(duties.previous_month(first)), next=turned(duties.next_month(first)),
        weeks=[[day and cell(day) for day in week] for week in duties.weeks_of(first)])


def home_part(person, today):
    """Return the part of home that names the duties of a person, drawn once while they stand."""
    return cached_drawing(('home duties', *dues.key_of(person, today)),
                          partial(read_home, person, today), partial(draw_home, person.role))


def read_home(person, today):
    """Return (how many duties there are, how many are late, the kinds of all of them, the Duties named).

    The kinds are ([(kind, number late)], [(kind, number waiting)]), none where every duty is named.
    """
    sums, until = dues.sums_of(person), duties.month_of(today)[1]
    few = dues.duties_at(person, sums.announced, 0, FEW, until=until)
    kinds = (sums.kinds, sums.waiting) if sums.total > FEW else ((), ())
    return sums.total, sums.late, kinds, few


def draw_home(role, total, late, kinds, few):
    return draw('home', total=total, late=late, few=FEW, kinds=kinds, duties=few,
                own=dues.codes_to_do(role))


def late_part(person, today):
    """Return the part of home that names what is late most of all that a person oversees."""
    def read():
        sums = dues.sums_of(person)
        return sums.total, sums.late, sums.kinds, dues.duties_at(
            person, sums.late_days, 0, MOST_LATE, until=duties.month_of(today)[1])

    def draw_late(total, late, kinds, few):
        return draw('late', total=total, late=late, kinds=kinds, duties=few)
    return cached_drawing(('home late', *dues.key_of(person, today)), read, draw_late)


def month_part(person, today, first, feed):
    """Return the calendar of a month on home, with the way to a calendar of one's own where `feed`."""
    def read():
        until = duties.month_of(today)[1]
        return (dues.days_of(person, until=until) if first <= until else dues.days_of(person),)
    return cached_drawing(('home month', feed, *dues.key_of(person, today, first)), read,
                          lambda days: draw('month', month=month_view(days, first, '/'), feed=feed))


def draw(template, **values):
    return Markup(current_app.jinja_env.get_template(f'duties/{template}.html').render(**values))


def bell():
    """Return the bell of the header for the person signed in, drawn once while what home counts stands."""
    today, person = clock.today(), signed_in()

    def read():
        """Return (how many duties are announced or late, how many are late)."""
        sums = dues.sums_of(person)
        return sums.total, sums.late
    return cached_drawing(('bell', *dues.key_of(person, today)), read, draw_bell)


def draw_bell(total, late):
    return draw('bell', total=total, late=late)


class DutyList:
    """The duties of a person as the query asks for them; it is what the parts of lists ask of a listing."""

    FILTERS = (SimpleNamespace(name='when', label='期限'), SimpleNamespace(name='kind', label='仕事の種類'),
               SimpleNamespace(name='unit', label='所属'))

    def __init__(self, args, person):
        today = clock.today()
        self.person, self.problems = person, []
        self.values = {name: args[name] for name in ('when', 'kind', 'unit') if args.get(name)}
        self.options = {'when': [(code, words) for code, (words, _) in WHEN.items()
                                 if code != 'put-off' or dues.codes_to_do(person.role)]}
        self.filters = [each for each in self.FILTERS if each.name != 'unit' or person.role in DESK_ROLES]
        if person.role in DESK_ROLES:
            self.options['unit'] = display.department_options()
        self.unit = self.asked_unit()
        # what is far ahead is counted where it is asked for
        far = any(args.get(name) for name in ('when', 'day', 'month'))
        self.until = None if far else duties.month_of(today)[1]
        self.options['kind'] = [(kind.code, kind.title) for kind in dues.kinds_of(person.role)]
        self.kind, self.day = self.chosen('kind'), self.asked_day(args.get('day', ''))
        if self.day is not None:
            self.values.pop('when', None)
        self.when = self.chosen('when')
        size = listing.whole_number(args, 'size', 0)
        self.size = size if size in listing.SIZES else listing.SIZES[0]
        asked = max(1, listing.whole_number(args, 'page', 1))
        month = args.get('month') or (f'{self.day:%Y-%m}' if self.day else '')
        first = asked_month(month, today)
        self.total, self.pages, self.page, self.table, self.month = cached_drawing(
            ('duty list', *dues.key_of(person, today, self.unit, self.until, self.kind, self.when, self.day,
                                       self.size, asked, first)),
            partial(self.read, asked, today), partial(self.draw, first))

    def read(self, asked, today):
        """Return (number of duties, number of pages, the page, its Duties, the Days of its kinds)."""
        put_off = self.when == 'put-off'
        every = dues.days_of(self.person, self.unit, self.until, put_off)
        if self.kind:
            every = [each for each in every if each.kind.code == self.kind]
        if self.day is not None:
            found = [each for each in every if each.day == self.day and not each.kind.due.waits]
        elif self.when:
            found = [each for each in every if WHEN[self.when][1](each, today)]
        else:
            found = [each for each in every if each.announced]
        total = dues.total(found)
        pages = max(1, ceil(total / self.size))
        page = min(asked, pages)
        return total, pages, page, dues.duties_at(
            self.person, found, (page - 1) * self.size, self.size, self.unit, self.until, put_off), every

    def draw(self, first, total, pages, page, rows, every):
        """Return (number of duties, number of pages, the page, its table and the month as drawn)."""
        parts = current_app.jinja_env.get_template('parts/duties.html').module
        query = {name: value for name, value in self.values.items() if name != 'when'}
        own = dues.codes_to_do(self.person.role)
        return (total, pages, page, parts.duty_table('期限のある仕事の一覧', rows, own) if rows else '',
                parts.calendar(month_view(every, first, '/duties/', **query)))

    def chosen(self, name):
        """Return a filter's value, '' for none; one that cannot be used is said and left out."""
        value = self.values.get(name, '')
        if value and value not in dict(self.options.get(name, ())):
            self.values.pop(name)
            label = next((each.label for each in self.FILTERS if each.name == name), name)
            self.problems.append(f'{label}の条件「{value[:40]}」は使えないため、外して表示しています。')
            return ''
        return value

    def asked_unit(self):
        code = self.chosen('unit')
        if not code:
            return None
        return Department.select(Department.id).where(Department.code == code).get().id

    def asked_day(self, text):
        if not text.strip():
            return None
        try:
            return calendar.parse_day(text)
        except ValueError as error:
            self.problems.append(str(error))
            return None

    def is_long(self, name):
        return len(self.options[name]) > listing.MANY_OPTIONS

    def choices(self, name):
        return tuple(self.options[name])

    def suggested(self, name):
        return self.options[name][:listing.SUGGESTED]

    def url(self, **changes):
        now = {**self.values, **({'day': self.day.isoformat()} if self.day else {}),
               **({'size': self.size} if self.size != listing.SIZES[0] else {}), **changes}
        query = urlencode({name: value for name, value in now.items() if value not in (None, '', 1)})
        return f'/duties/{"?" + query if query else ""}'

    @property
    def chips(self):
        """Return [(words, address without it)] of what narrows the list."""
        found = [(f'期限 = {calendar.show_day(self.day)}', self.url(day=None))] if self.day else []
        for each in self.filters:
            if value := self.values.get(each.name):
                found.append((f'{each.label} = {dict(self.options[each.name])[value]}',
                              self.url(**{each.name: None})))
        return found


@bp.get('/')
@permit('duties.read')
def index():
    """Show the duties of the person signed in by their days, and a month's calendar of them."""
    return render_template('duties/index.html', listing=DutyList(request.args, signed_in()),
                           crumbs=[('ホーム', '/'), ('期限のある仕事', None)])
