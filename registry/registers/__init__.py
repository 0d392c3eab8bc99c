"""The pages by which the ward makes registers (台帳を作る): their fields, states and figures."""
from flask import abort, flash, redirect, render_template, request, url_for
from peewee import IntegrityError

from audits import trail
from forms.registers import FieldForm, FigureForm, RegisterForm, free_column
from models import Register, RegisterField, RegisterFigure
from models.figures import default_day
from models.figures.registers import measure_name
from models.registers import (
    FIELD_KINDS,
    FIGURE_KINDS,
    KEPT_IN,
    MOST_FIELDS,
    definitions,
    facts_of,
    words_in,
)
from models.rules import calendar

from ..core import clock
from ..core.permits import DESK, kept_by
from ..data import registers as data
from ..figures import judging
from ..records import numbers, pages, saving
from ..records.noun import Noun, Part
from ..web.guard import allowed, permit, require
from ..web.submission import form_data, signed, viewer
from .rules import (
    figure_reason,
    live,
    prepare_field,
    prepare_figure,
    prepare_register,
    refuse_field_void,
    refuse_figure_void,
    refuse_restore,
    refuse_void,
)

#: how many fields the page that adds them asks for at once
AT_ONCE = 10
FULL = 'この種類の項目は、これ以上加えられません。'


def definition_of(row):
    """Return the Definition of a register as it stands, None of a voided one."""
    return definitions().get(row.register_no.lower())


EDITS = dict.fromkeys(('create', 'edit', 'void'), 'registers.edit')
fields = Part(name='registers', title='台帳の項目', table=RegisterField, form=FieldForm, permit_names=EDITS,
              act_kinds=EDITS, prepare=prepare_field, cannot_void=refuse_field_void, parent='register')
figures = Part(name='registers', title='台帳の数値', table=RegisterFigure, form=FigureForm,
               permit_names=EDITS, act_kinds=EDITS, prepare=prepare_figure, parent='register',
               cannot_void=refuse_figure_void, reason_required=figure_reason)


def told_figures(definition):
    """Return [(FigureFacts, its value in words today, the name of its measure)] of a register."""
    year = calendar.fiscal_year(clock.today())
    day = default_day(year, clock.today())
    found = []
    for figure in definition.figures:
        name = measure_name(definition.name, figure.no)
        made = judging.figure_on(name, year, day, None, judging.settings())
        found.append((figure, judging.figure_in_words(made, 1), name))
    return found


def panels(row):
    definition = None if row.voided_at else definition_of(row)
    titles = {} if definition is None else {field.column: field.title for field in definition.fields}
    return {'definition': definition, 'kinds': FIELD_KINDS, 'figure_kinds': FIGURE_KINDS, 'titles': titles,
            'figures': told_figures(definition) if definition else [],
            'year': calendar.year_label(calendar.fiscal_year(clock.today())),
            'ids': {(table, key(part)): part.id for table, key in (
                ('field', lambda part: part.stored_in), ('figure', lambda part: part.no))
                for part in live({'field': RegisterField, 'figure': RegisterFigure}[table], row)},
            'can_change': definition is not None and allowed('registers.edit', row)}


noun = Noun(
    name='registers', title='台帳を作る', one='台帳', table=Register, form=RegisterForm, key=('register_no',),
    sort='register_no', prefix='D-', permits=kept_by(DESK), patterns=True, menu=('設定',), importable=False,
    columns=['register_no', 'title', 'kept_by', 'about'], filters=['kept_by'],
    prepare=prepare_register, cannot_void=refuse_void, cannot_restore=refuse_restore, panels=panels,
    template='registers/show.html',
    hint='この区だけの台帳を、画面から作れます。項目と数値を決めると、一覧・ファイル・API・指標で使えます。')
bp = pages.blueprint(noun)


@bp.route('/patterns', methods=['GET', 'POST'])
@permit('registers.create')
def patterns():
    """Make a register of a pattern, its fields and figures in one act."""
    problems, number = [], request.form.get('pattern', '')
    if request.method == 'POST':
        known = {str(at): pattern for at, pattern in enumerate(data.patterns())}
        made, problems = make(known[number], **signed('')) if number in known else (
            None, ['ひな形を一覧から選んでください。'])
        if made is not None:
            flash(f'台帳「{made.title}」を作りました。')
            return redirect(url_for('.show', id=made.id), code=303)
    return render_template('registers/patterns.html', patterns=data.patterns(), problems=problems,
                           crumbs=pages.crumbs(noun, ('ひな形から作る', None))), 422 if problems else 200


def make(pattern, *, by, at, channel, reason='', request_id=''):
    """Write the register of a pattern; return (the register or None, the problems in words)."""
    typed = {name: text for name, text in pattern.items() if isinstance(text, str)}
    form = RegisterForm(saving.FormData(typed, register_no=numbers.next_number(noun)))
    refusal, register, _ = saving.examined(noun, form, None, by=by, at=at)
    if refusal is not None:
        return None, [message for _, message in refusal.problems]
    try:
        with trail.act('registers.create', by=by, at=at, channel=channel, reason=reason,
                       request_id=request_id) as act:
            act.save(register)
            known, taken = [], set()
            for place, given in enumerate(pattern['fields'], 1):
                column = free_column(KEPT_IN[given['kind']], taken)
                row = filled_part(fields, FieldForm(saving.FormData(given), fields=known), {
                    'register': register.id, 'place': place, 'stored_in': column}, by, at)
                act.save(row)
                taken.add(column)
                known.append(facts_of(row))
            states = words_in(register.states)
            for no, given in enumerate(pattern['figures'], 1):
                act.save(filled_part(figures, FigureForm(
                    saving.FormData(given), fields=known, states=states), {
                    'register': register.id, 'no': no}, by, at))
    except IntegrityError:
        return None, ['いま、ほかの人が台帳を作りました。もう一度作ってください。']
    return register, []


def filled_part(part, form, place, by, at):
    """Return the row that the form of a pattern's part fills; a pattern that is refused is a mistake."""
    refusal, row, _ = saving.examined(part, form, None, by=by, at=at, place=place)
    if refusal is not None:
        raise ValueError(f'{form.title.data}: {refusal.problems}')
    return row


def find(id):
    """Return (a register that the person may change, its Definition), or refuse."""
    row = pages.find(noun, id)
    require('registers.edit', row)
    return row, definition_of(row) or abort(404)


def find_part(table, register, id):
    row = table.by_id(id)
    if row is None or row.voided_at or row.register_id != register.id:
        abort(404)
    return row


def crumbs(register, words):
    return pages.crumbs(noun, (register.label, url_for('.show', id=register.id)), (words, None))


@bp.route('/<int:id>/fields/new', methods=['GET', 'POST'])
@permit('registers.edit')
def new_fields(id):
    """Add several fields to a register at once, in one act."""
    register, definition = find(id)
    forms = [FieldForm(form_data(), prefix=f'f{at}-', viewer=viewer(), fields=definition.fields)
             for at in range(AT_ONCE)]
    if request.method == 'POST':
        problems = add_fields(register, [form for form in forms if form.title.typed])
        if problems == []:
            flash('項目を加えました。')
            return redirect(url_for('.show', id=id), code=303)
        pages.add_errors(forms[0], problems or [])
    wrong = any(form.errors for form in forms)
    return render_template('registers/fields.html', register=register, forms=forms, noun=noun,
                           crumbs=crumbs(register, '項目の追加')), 422 if wrong else 200


def add_fields(register, forms):
    """Save the fields that some forms hold as one act; return the problems that belong to none of them.

    None where a form has problems of its own.
    """
    if not forms:
        return [('title', '項目名を、1つ以上入力してください。')]
    known = list(RegisterField.select().where(RegisterField.register == register))
    taken, titles, rows, good = {each.stored_in for each in known}, set(), [], True
    place, sign = max((each.place for each in known), default=0), signed('')
    for form in forms:
        kind = form.kind.data
        column = free_column(KEPT_IN[kind], taken) if kind else None
        row = {'register': register.id, 'place': place + len(rows) + 1, 'stored_in': column or ''}
        refusal, made, _ = saving.examined(fields, form, None, by=sign['by'], at=sign['at'], place=row)
        problems = [] if refusal is None else list(refusal.problems)
        if kind and column is None:
            problems.append(('kind', FULL))
        if form.title.data in titles:
            problems.append(('title', f'「{form.title.data}」が2つあります。'))
        if len(rows) + sum(each.voided_at is None for each in known) >= MOST_FIELDS:
            problems.append(('', f'項目は{MOST_FIELDS}個までです。'))
        good = pages.add_errors(form, problems) and good
        titles.add(form.title.data)
        taken.add(column)
        rows.append(made)
    if not good:
        return None
    try:
        with trail.act('registers.edit', **sign) as act:
            act.insert(rows)
    except IntegrityError:
        return [('', 'いま、ほかの人がこの台帳の項目を変えました。もう一度保存してください。')]
    return []


def handle_part(part, form, register, before, heading, place=None):
    """Handle the form of one field or figure of a register; return a response."""
    back = url_for('.show', id=register.id)
    return pages.handle_edit(part, form, before, back=back, done=pages.redirect_saved(back), place=place,
                             heading=heading, crumbs=crumbs(register, heading),
                             conflict_message=saving.CHANGED)


@bp.route('/<int:id>/fields/<int:field>/edit', methods=['GET', 'POST'])
@permit('registers.edit')
def change_field(id, field):
    """Change a field: what it is called, its choices, unit and limit."""
    register, definition = find(id)
    before = find_part(RegisterField, register, field)
    others = [each for each in definition.fields if each.column != before.stored_in]
    form = FieldForm(form_data(), viewer=viewer(), data=before.__data__, fields=others)
    return handle_part(fields, form, register, before, '項目の変更')


@bp.route('/<int:id>/fields/<int:field>/void', methods=['GET', 'POST'])
@permit('registers.edit')
def void_field(id, field):
    """Take a field away: what rows have in it stays in their histories."""
    register, _ = find(id)
    row = find_part(RegisterField, register, field)
    return pages.handle_void(fields, row, url_for('.show', id=id), crumbs(register, '項目の取消'),
                             about='この項目は、一覧と入力画面に出なくなります。入れた値は履歴に残ります。')


def figure_form(definition, **kwargs):
    return FigureForm(form_data(), viewer=viewer(), fields=definition.fields, states=definition.states,
                      **kwargs)


@bp.route('/<int:id>/figures/new', methods=['GET', 'POST'])
@permit('registers.edit')
def new_figure(id):
    """Make a figure over the rows of a register."""
    register, definition = find(id)
    known = RegisterFigure.select(RegisterFigure.no).where(RegisterFigure.register == register)
    no = max((each.no for each in known), default=0) + 1
    return handle_part(figures, figure_form(definition), register, None, '数値の登録',
                       {'register': register.id, 'no': no})


@bp.route('/<int:id>/figures/<int:figure>/edit', methods=['GET', 'POST'])
@permit('registers.edit')
def change_figure(id, figure):
    """Change how a figure counts."""
    register, definition = find(id)
    before = find_part(RegisterFigure, register, figure)
    return handle_part(figures, figure_form(definition, data=before.__data__), register, before, '数値の変更')


@bp.route('/<int:id>/figures/<int:figure>/void', methods=['GET', 'POST'])
@permit('registers.edit')
def void_figure(id, figure):
    """Take a figure away that no indicator is computed by."""
    register, _ = find(id)
    row = find_part(RegisterFigure, register, figure)
    return pages.handle_void(figures, row, url_for('.show', id=id), crumbs(register, '数値の取消'))

