"""Pages of saved views (保存した一覧): a list kept under a name, kept again, voided."""
from flask import Blueprint, abort, flash, redirect, request

from forms.saved_views import SavedViewForm
from models import SavedView

from .core.permits import PERMITS, READ_ALL
from .records import listing, pages, saving
from .records.noun import NOUNS, Part
from .records.saved_views import keeper
from .web.guard import allowed, permit, require, signed_in
from .web.submission import filled_form, signed

bp = Blueprint('saved-views', __name__, url_prefix='/saved-views')
#: how many views a person may keep, of all lists
MOST = 100


PERMITS.update({'views.create': READ_ALL, 'views.edit': (keeper,), 'views.void': (keeper,)})


def prepare_view(row, before, form, by, at):
    """Yield (field name, message) of why a view is not saved."""
    if row.scope == 'everyone' and by.role not in ('it', 'admin'):
        yield 'scope', '全員に見せる一覧は、情報政策の担当者かシステム管理者が保存します。'
    others = SavedView.select().where(SavedView.live(), SavedView.person == row.person_id,
                                      SavedView.id != (row.id or 0))
    if others.where(SavedView.noun == row.noun, SavedView.name == row.name).exists():
        yield 'name', 'この名前の一覧は、もう保存してあります。別の名前にするか、先に取り消してください。'
    if before is None and others.count() >= MOST:
        yield '', f'保存できる一覧は1人{MOST}件までです。使っていないものを取り消してください。'
    if len(row.query) > SavedView.query.max_length:
        yield '', '条件が長すぎて保存できません。条件を減らしてください。'


views = Part(name='views', title='保存した一覧', table=SavedView, form=SavedViewForm, prepare=prepare_view)


def query_to_save(noun):
    """Return the query of the list that this request would save, as its address has it."""
    found = listing.Listing(noun, request.args, signed_in())
    return found if not found.unusable else abort(422)


@bp.post('/<name>/new')
@permit('views.create')
def new(name):
    """Save the list of the address's conditions under a name."""
    noun = NOUNS.get(name)
    if noun is None or 'index' not in noun.views:
        abort(404)
    require(f'{name}.read')
    found, person = query_to_save(noun), signed_in()
    form = filled_form(SavedViewForm)

    def done(outcome):
        flash(f'一覧「{outcome.row.name}」を保存しました。')
        return redirect(f'{noun.address}?view={outcome.row.id}', code=303)
    return pages.handle_edit(
        views, form, None, back=found.url(), done=done, reason='',
        place={'noun': name, 'query': found.query_string, 'person': person.id,
               'department': person.department_id},
        template='saved_views/new.html', here=request.full_path,
        crumbs=pages.crumbs(noun, ('一覧の保存', None)))


def own_view(id, verb):
    """Return a view that stands and that the person may change, with its noun; answer 404 for any other."""
    row = SavedView.by_id(id)
    if row is None or row.voided_at or row.noun not in NOUNS or not allowed(f'views.{verb}', row):
        abort(404)
    return row, NOUNS[row.noun]


@bp.post('/<int:id>')
@permit('views.edit')
def overwrite(id):
    """Let a view be the list of the address's conditions."""
    row, noun = own_view(id, 'edit')
    found = query_to_save(noun)
    form = SavedViewForm(data={'name': row.name, 'scope': row.scope})
    outcome = saving.save(views, form, row, place={'query': found.query_string}, **signed(''))
    if not isinstance(outcome, saving.Saved):
        problems = getattr(outcome, 'problems', [('', saving.CHANGED)])
        flash('。'.join(message for _, message in problems), 'error')
        return redirect(found.url(), code=303)
    flash(f'一覧「{row.name}」を、いまの条件と列で保存し直しました。')
    return redirect(f'{noun.address}?view={id}', code=303)


@bp.post('/<int:id>/void')
@permit('views.void')
def void(id):
    """Void a saved view; the records it showed are not touched."""
    row, noun = own_view(id, 'void')
    saving.void(views, row, **signed('保存した一覧の取消'))
    flash(f'保存した一覧「{row.name}」を取り消しました。')
    return redirect(noun.address, code=303)
