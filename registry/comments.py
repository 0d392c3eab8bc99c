"""What is written on records (コメント・質問): the way to it, answers, the end of a question, and voiding."""
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for

from forms.base import ReasonForm
from models import Comment
from models.comments import COMMENT_KINDS
from models.visibility import visible

from .core import clock
from .records import commenting, display, pages, record_page
from .records.noun import of_table
from .records.saving import Saved
from .web.guard import allowed, permit, require, signed_in
from .web.submission import filled_form, signed

bp = Blueprint('comments', __name__, url_prefix='/comments')


def find(id):
    """Return (what is written, its record, the record's noun) where the person sees the record, or 404."""
    row = Comment.by_id(id)
    record = None if row is None or row.voided_at else commenting.record_of(row)
    noun = None if record is None else of_table(type(record))
    if noun is None or not allowed(noun.permit('read'), record) or not visible(
            signed_in(), record, clock.today()):
        abort(404)
    return row, record, noun


def find_to_write(id, may=None):
    """Return what `find` does of a record that is written on, where `may(row)` holds; or refuse."""
    row, record, noun = find(id)
    require(noun.permit('comment'), record)
    if record.voided_at:
        abort(404)
    if may is not None and not may(row):
        abort(403)
    return row, record, noun, url_for(f'{noun.name}.show', id=record.id)


def crumbs(noun, record, back, words):
    return pages.crumbs(noun, (display.display_name(record), back), (words, None))


def add_views(bp, noun):
    """Add to a noun's blueprint the page on which something is written on one of its records."""
    @bp.route('/<int:id>/comment', methods=['GET', 'POST'])
    @permit(noun.permit('comment'))
    def comment(id):
        row, back = pages.find(noun, id), url_for('.show', id=id)
        require(noun.permit('comment'), row)
        if row.voided_at:
            abort(404)
        form = filled_form(commenting.CommentForm, data={'kind': 'comment'})
        form.to_person_email.restrict(lambda table: table.is_active)
        return handle(noun, row, form, back, 'コメント・質問')


def handle(noun, record, form, back, words, question=None):
    """Handle the form of a comment, a question or (with its `question`) an answer; return a response."""
    def done(outcome):
        flash('回答を書きました。' if question else '質問しました。' if outcome.row.kind == 'question'
              else 'コメントを書きました。')
        return redirect(f'{back}#comment-{(question or outcome.row).id}', code=303)
    part = commenting.part_of(noun.name, type(form))
    return pages.handle_edit(
        part, form, None, back=back, crumbs=crumbs(noun, record, back, words), done=done, reason='',
        place=commenting.place_of(noun, record, signed_in(), clock.now(), question),
        template='comments/new.html', record=record, question=question)


@bp.get('/<int:id>')
@permit('comments.read')
def show(id):
    """Lead to where something is written on its record."""
    row, record, noun = find(id)
    where = url_for(f'{noun.name}.show', id=record.id, comments='all')
    return redirect(f'{where}#comment-{row.question_id or row.id}', code=303)


@bp.route('/<int:id>/answer', methods=['GET', 'POST'])
@permit('comments.write')
def answer(id):
    """Answer a question, or ask further under one's own."""
    row, record, noun, back = find_to_write(id)
    if row.kind != 'question' or row.closed_at:
        abort(404)
    form = filled_form(commenting.AnswerForm)
    return handle(noun, record, form, back, '質問への回答', row)


@bp.post('/<int:id>/close')
@permit('comments.write')
def close(id):
    """End a question: who asked it or was asked says that nothing more is to be done."""
    row, _, noun, back = find_to_write(
        id, lambda row: commenting.may_close(row, signed_in(), clock.today()))
    if row.kind != 'question':
        abort(404)
    outcome = commenting.close(noun, row, **signed())
    flash('質問を終えました。' if isinstance(outcome, Saved) else outcome.problems[0][1])
    return redirect(f'{back}#comment-{id}', code=303)


@bp.route('/<int:id>/void', methods=['GET', 'POST'])
@permit('comments.write')
def void(id):
    """Void something that was written by mistake."""
    row, record, noun, back = find_to_write(id, lambda row: commenting.may_void(row, signed_in()))
    form = filled_form(ReasonForm)
    if request.method == 'POST':
        outcome = commenting.void(noun, row, **signed(request.form.get('reason', '')))
        if isinstance(outcome, Saved):
            flash('取り消しました。')
            return redirect(f'{back}#comments', code=303)
        pages.add_errors(form, outcome.problems)
    page = render_template(
        'records/void.html', noun=noun, row=row, form=form, cancel=back, reusable=True,
        about='記録の画面に出なくなります。書いたことと取り消した理由は履歴に残ります。',
        crumbs=crumbs(noun, record, back, '取消'))
    return page, 422 if form.errors else 200


def written_on(noun, row):
    """Return (how much is written on a record, its HTML) for the tab of its page."""
    found = commenting.section_of(row, every=request.args.get('comments') == 'all')
    shown = current_app.jinja_env.get_template('parts/comments.html').module
    return found.total, shown.comments(noun, row, found)


def register(app):
    """Let templates say what kind of thing is written on a record."""
    app.jinja_env.globals.update(COMMENT_KINDS=COMMENT_KINDS)


record_page.ADDED.append(record_page.Added('comments', 'コメント・質問', written_on))
