"""Duties put off (あとで): by the person whose they are, until a day and for a reason."""
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from forms.snoozes import SnoozeForm
from models import Person, Snooze
from models.rules import calendar, duties

from .core import clock
from .records import dues, pages, saving, snoozed
from .records.noun import Part
from .web.guard import permit, signed_in
from .web.submission import filled_form, signed

bp = Blueprint('snoozes', __name__, url_prefix='/duties')
#: how many duties a person may have put off at once
MOST = 100


def prepare_snooze(row, before, form, by, at):
    """Yield (field name, message) of why a duty is not put off; note what it is and how it stands."""
    today = saving.day_of(at)
    duty = dues.own_duty(row.person, row.kind, row.row)
    if duty is None:
        yield '', 'この仕事は、済んだか、あなたの仕事ではなくなりました。'
        return
    row.stood, row.about = duty.stood, f'{duty.title} {duty.label}'[:300]
    latest = duties.latest_return(duty.day, duty.stage, today)
    if row.until and not today < row.until <= latest:
        yield 'until', (f'あすから{calendar.show_day(latest)}までの日にしてください。'
                        + ('期限より先には延ばせません。' if latest == duty.day else ''))
    mine = snoozed.of_person(row.person_id)
    if len(mine) >= MOST and (row.kind, row.row, row.stood) not in mine:
        yield '', f'あとに回せる仕事は1人{MOST}件までです。'


snoozes = Part(name='snoozes', title='あとで', table=Snooze, form=SnoozeForm, prepare=prepare_snooze,
               reason_in='reason', one_at_place=True,
               permit_names=dict.fromkeys(('create', 'edit', 'void'), 'duties.snooze'))


def own_duty_or_404(code, id):
    """Return the duty of the person signed in; one that is not theirs to do is not there."""
    return dues.own_duty(signed_in(), code, id) or abort(404)


def standing(code, id):
    """Return the row by which the person signed in has put a duty off, or None."""
    return Snooze.get_or_none(Snooze.person == signed_in().id, Snooze.kind == code, Snooze.row == id,
                              Snooze.live())


@bp.route('/<code>/<int:id>/snooze', methods=['GET', 'POST'])
@permit('duties.snooze')
def edit(code, id):
    """Put a duty of one's own off, or change until when and why."""
    duty, row, today = own_duty_or_404(code, id), standing(code, id), clock.today()
    holds = row is not None and row.until > today and row.stood == duty.stood
    form = filled_form(SnoozeForm, obj=row if holds else None)
    if request.method == 'POST':
        place = {'person': Person.get_by_id(signed_in().id), 'kind': code, 'row': id}
        outcome = saving.save(snoozes, form, row, place=place, **signed(''))
        if isinstance(outcome, saving.Saved):
            flash(f'{duty.title}「{duty.label}」を、{calendar.show_day(outcome.row.until)}まで'
                  '「きょうの仕事」から外しました。')
            return redirect(url_for('duties.index'), code=303)
        pages.add_errors(form, getattr(outcome, 'problems', [('', 'もう一度押してください。')]))
    return render_template(
        'snoozes/edit.html', form=form, duty=duty, holds=holds, row=row,
        latest=duties.latest_return(duty.day, duty.stage, today),
        crumbs=[('ホーム', '/'), ('期限のある仕事', url_for('duties.index')), ('あとで', None)]
    ), 422 if form.errors else 200


@bp.post('/<code>/<int:id>/wake')
@permit('duties.snooze')
def end(code, id):
    """Take a duty of one's own back that was put off."""
    duty, row = own_duty_or_404(code, id), standing(code, id)
    if row is not None:
        saving.void(snoozes, row, **signed('本人が戻した'))
        flash(f'{duty.title}「{duty.label}」を「きょうの仕事」に戻しました。')
    return redirect(url_for('duties.index'), code=303)
