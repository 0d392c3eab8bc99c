"""Entered actuals (実績の手入力): what no record of ours can count, each with its source."""
from flask import abort, redirect, url_for

from audits import trail
from forms.actuals import ActualForm
from models import Actual, Indicator, Initiative, Strategy
from models.figures import default_day
from models.rules import calendar

from .core import clock
from .core.permits import DESK, READ_ALL, kept_by
from .records import display, pages, saving
from .records.importing import Cells, Entry, Load
from .records.noun import Column, Filter, Noun, Part
from .strategies import parts
from .strategies.initiatives import indicator_or_404
from .web.guard import allowed, permit
from .web.submission import filled_form


def live_indicators():
    """Return (id, year, number of the initiative, number, unit) of every indicator that stands."""
    return Indicator.select(
        Indicator.id, Strategy.fiscal_year, Initiative.no, Indicator.no, Indicator.unit, Indicator.decimals,
    ).join(Initiative).join(Strategy).where(Indicator.live(), Initiative.live(), Strategy.live()).tuples()


class ActualLoad(Load):
    """Reads a line as an actual of an indicator, found by 年度・取組番号・指標番号・基準日."""

    def make_form(self):
        found = list(live_indicators())
        self.indicators = {(year, no, kpi): id for id, year, no, kpi, *_ in found}
        self.counted = {id: (unit, decimals) for id, *_, unit, decimals in found}
        return super().make_form()

    def _existing(self, keys):
        """Return {(id of the indicator, day, origin): record} of the keys' records."""
        wanted = {(id, key[-1]) for key in keys if (id := self.indicators.get(key[:-1]))}
        rows = Actual.select().where(Actual.indicator.in_({id for id, _ in wanted}),
                                     Actual.as_of.in_({day for _, day in wanted}))
        return {(row.indicator_id, row.as_of, row.origin): row for row in rows} if wanted else {}

    def first_of(self, key, line, seen):
        """Return the first line of the file with a line's key and origin."""
        return line if hash(key[:-1]) not in self.twice else seen.setdefault(key, line)

    def read_line(self, line, cells, key, existing, linked, seen):
        form = self.form
        values = {form._fields[name].name: cells[place] for place, name in self.columns}
        form.process(Cells(values))
        form.validate()
        key = (form.fiscal_year.data, form.initiative_no.data, form.indicator_no.data)
        indicator = self.indicators.get(key)
        form.set_unit(*self.counted.get(indicator, ('', None)))
        origin = form.origin.data if 'origin' in form._fields else None
        before = existing.get((indicator, form.as_of.data, origin)) if indicator else None
        if before is None and 'origin' not in form._fields:
            before = self.same_as(existing.get((indicator, form.as_of.data, 'published')), indicator)
        wrong = form.all_errors(before)
        if indicator is None and None not in key:
            wrong.append(('indicator_no', f'{key[0]}年度の取組{key[1]}に、指標{key[2]}はありません。'))
        if indicator is not None:
            wrong += refuse_wrong_day(form, key[0])
        if before is None:
            wrong += self.unsaid
        row = saving.copy_of(before) if before is not None else Actual()
        if not wrong:
            fill_actual(form, row, indicator)
            self.keep_stored_characters(row, before)
            if self.person is not None and not allowed('actuals.create', None, self.person):
                wrong.append(('indicator_no', 'この記録を変更する権限がありません。'))
        place = (*key, form.as_of.data, origin)
        first = self.first_of(place, line, seen) if indicator and form.as_of.data else line
        twice = f'{first}行目と同じ指標・基準日です。どちらかを削除してください。'
        if wrong:
            return self.refuse(line, wrong if first == line else [*wrong, ('indicator_no', twice)], values)
        if before is not None and before.voided_at is not None:
            return Entry(line, 'conflict', before.label, message='取消済みの実績と同じ指標・基準日です。')
        if first != line:
            return Entry(line, 'conflict', f'指標{key[2]}', message=twice)
        changes = []
        if before is not None:
            different = trail.differences(row, before)
            changes = [(cell.label.text, cell.text(before.__data__.get(cell.attr)), cell.text(cell.data))
                       for cell in form.cells() if cell.attr in different]
        status = 'create' if before is None else 'update' if changes else 'unchanged'
        return Entry(line, status, f'{key[0]}年度 取組{key[1]} 指標{key[2]}', changes, row, before)

    def same_as(self, published, indicator):
        """Return a published actual where the line says the same, else None.

        A file that does not say where its values are from holds the ward's own and what was published.
        """
        if published is None or self.form.errors:
            return None
        row = saving.copy_of(published)
        fill_actual(self.form, row, indicator)
        self.keep_stored_characters(row, published)
        return None if trail.differences(row, published) else published

    @staticmethod
    def found_by(rows):
        """Return {id: {field: value}} of the year and numbers that find some actuals."""
        places = dict((id, place) for id, *place in Indicator.select(
            Indicator.id, Strategy.fiscal_year, Initiative.no,
            Indicator.no).join(Initiative).join(Strategy).where(
            Indicator.id.in_([row.indicator_id for row in rows] or [0])).tuples())
        return {row.id: dict(zip(('fiscal_year', 'initiative_no', 'indicator_no'), places[row.indicator_id],
                                 strict=True)) for row in rows}

    @staticmethod
    def export(noun, query, until=None, viewer=None):
        """Return the actuals' file, each line with the year and numbers that find it again."""
        form = ActualForm()
        cells = form.cells()
        rows = query if query is not None else Actual.select().where(Actual.live()).order_by(Actual.id)
        # of a voided indicator nothing can be found again, and nothing counts
        places = {id: place for id, *place, _, _ in live_indicators()}

        def lines():
            for row in rows:
                if row.indicator_id not in places:
                    continue
                year, no, kpi = places[row.indicator_id]
                data = {**row.__data__, 'fiscal_year': year, 'initiative_no': no, 'indicator_no': kpi}
                yield [cell.text(data.get(cell.attr)) for cell in cells]
        return [cell.header for cell in cells], lines()


def refuse_wrong_day(form, year):
    """Yield (field name, message) where an actual's day is not one of its year, or has not come."""
    day, (start, end) = form.as_of.data, calendar.year_range(year)
    if day is not None and not start <= day <= end:
        yield 'as_of', ('基準日は、'
                        f'{calendar.year_label(year)}の日（{calendar.show_day(start)}から{calendar.show_day(end)}まで）にしてください。')
    elif day is not None and day > clock.today():
        yield 'as_of', '基準日に先の日は入れられません。'


def fill_actual(form, row, indicator):
    """Write an actual's form into its row; the three numbers that find it become its indicator."""
    row.indicator = indicator
    for name in ('as_of', 'numerator', 'denominator', 'value', 'source', 'note', 'verdict', 'quote',
                 'origin'):
        if name in form._fields:
            setattr(row, name, form._fields[name].data)


actuals = Noun(
    name='actuals', title='実績（手入力）', one='実績', table=Actual, form=ActualForm,
    permits=kept_by(DESK, READ_ALL), menu=('指標',),
    key=('fiscal_year', 'initiative_no', 'indicator_no', 'as_of'), sort='-as_of', loader=ActualLoad,
    views=('index', 'void'), joins=lambda query: query.join(Indicator).join(Initiative).join(Strategy),
    columns=[Column('year', '年度', Strategy.fiscal_year, display.year),
             Column('initiative', '取組', Initiative.no, display.number),
             Column('indicator', '指標', Indicator.no),
             Column('text', '文言', Indicator.text), 'as_of',
             Column('value', show=lambda v: f'{v:f}'),
             Column('verdict', show=lambda v: {'met': '達成', 'missed': '未達'}[v]),
             'origin', 'source'],
    filters=[Filter('year', '年度', display.years, lambda v: Actual.indicator.in_(
        Indicator.select(Indicator.id).join(Initiative).join(Strategy).where(
            Strategy.fiscal_year == int(v))))],
    hint='自動集計できない指標の実績と、公表値です。出典を必ず残します。')
bp = pages.blueprint(actuals)


@bp.get('/<int:id>')
@permit('actuals.read')
def show(id):
    """Lead to the initiative an actual belongs to."""
    row = Actual.get_or_none(Actual.id == id) or abort(404)
    parent = row.indicator.initiative
    return redirect(url_for('strategies.initiative', year=parent.strategy.fiscal_year, no=parent.no),
                    code=303)


entries = Part(name='actuals', title='実績', table=Actual, form=ActualForm, one_at_place=True,
               found_by_numbers=True,
               prepare=lambda row, before, form, by, at: refuse_wrong_day(
                   form, row.indicator.initiative.strategy.fiscal_year),
               act_kinds={'create': 'actuals.enter'})


def actual_form(indicator, before, as_of):
    """Handle the form of an indicator's actual; return a response."""
    # what figures count is not entered: only what was published of it
    origin = 'published' if indicator.measure else None
    form = filled_form(ActualForm, data=before.__data__ if before else {'as_of': as_of, 'origin': origin})
    form.set_unit(indicator.unit, indicator.places)
    for name in ('fiscal_year', 'initiative_no', 'indicator_no'):
        del form[name]
    parent = indicator.initiative
    year = parent.strategy.fiscal_year
    back = url_for('strategies.initiative', year=year, no=parent.no)
    heading = f'指標{indicator.no}の実績{"の訂正" if before else ""}'
    form.value.description = f'{indicator.text}（単位: {indicator.unit or "なし"}）'
    return parts.edit_part(entries, form, before, {
        'indicator': indicator.id, 'as_of': form.as_of.data, 'origin': form.origin.data}, heading,
                            lambda row: back,
                           parts.crumbs(year, (f'重点取組{parent.no}', back), (heading, None)))


@parts.bp.route('/<int:year>/initiatives/<int:no>/indicators/<kpi>/actuals/new', methods=['GET', 'POST'])
@permit('actuals.create')
def new_actual(year, no, kpi):
    """Enter an actual with its source."""
    return actual_form(indicator_or_404(year, no, kpi), None, default_day(year, clock.today()))


@bp.route('/<int:id>/edit', methods=['GET', 'POST'])
@permit('actuals.edit')
def edit(id):
    """Correct an actual."""
    row = Actual.get_or_none(Actual.id == id, Actual.live()) or abort(404)
    return actual_form(row.indicator, row, None)
