"""The forms of a year's strategy and of its themes."""
from flask import abort, flash, redirect, request, url_for

from forms.strategies import StrategyForm, ThemeForm
from models import Strategy, Theme

from ..records import pages
from ..web.guard import permit
from ..web.submission import filled_form
from .parts import bp, crumbs, edit_part, themes, void_part, year_or_404, years


def to_year(year):
    return url_for('.show', year=year)


@bp.route('/new', methods=['GET', 'POST'])
@permit('strategies.create')
def new():
    """Start a year's strategy; the themes of the year before can be taken over on its page."""
    form = filled_form(StrategyForm)
    return edit_part(years, form, None, {'fiscal_year': form.fiscal_year.data}, '年度戦略の登録',
                     lambda row: to_year(row.fiscal_year) if row else url_for('.index'),
                     [('ホーム', url_for('board.index')), ('指標', url_for('.index')), ('年度の追加', None)])


@bp.route('/<int:year>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit(year):
    """Edit a year's title, mission, vision and source."""
    before = year_or_404(year)
    form = filled_form(StrategyForm, data=before.__data__)
    del form.fiscal_year
    return edit_part(years, form, before, {'fiscal_year': year}, '年度戦略の編集', lambda row: to_year(year),
                     crumbs(year, ('編集', None)))


@bp.route('/<int:year>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void(year):
    """Void a year entered by mistake."""
    row = year_or_404(year)
    stays = request.method == 'GET' or list(years.cannot_void(row, None))
    return void_part(years, row, to_year(year) if stays else url_for('.index'),
                     crumbs(year, ('取消', None)))


def theme_or_404(year, no):
    return Theme.get_or_none(Theme.strategy == year_or_404(year), Theme.no == no, Theme.live()) or abort(404)


def theme_form(year, before):
    strategy = year_or_404(year)
    form = filled_form(ThemeForm, data=before.__data__ if before else None)
    heading = f'戦略テーマの{"編集" if before else "追加"}'
    return edit_part(themes, form, before, {'strategy': strategy.id, 'no': form.no.data}, heading,
                     lambda row: to_year(year), crumbs(year, (heading, None)))


@bp.route('/<int:year>/themes/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_theme(year):
    """Add a strategic theme."""
    return theme_form(year, None)


@bp.route('/<int:year>/themes/<int:theme>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_theme(year, theme):
    """Edit a strategic theme."""
    return theme_form(year, theme_or_404(year, theme))


@bp.route('/<int:year>/themes/<int:theme>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_theme(year, theme):
    """Void a strategic theme no initiative belongs to."""
    return void_part(themes, theme_or_404(year, theme), to_year(year), crumbs(year, ('取消', None)))


@bp.post('/<int:year>/themes/copy')
@permit('strategies.edit')
def copy_themes(year):
    """Take over the themes of the year before into a year that has none."""
    strategy = year_or_404(year)
    former = Strategy.get_or_none(Strategy.fiscal_year == year - 1, Strategy.live())
    if former is None or Theme.select().where(Theme.strategy == strategy).exists():
        flash('引き継ぐ戦略テーマはありません。')
        return redirect(to_year(year), code=303)
    with pages.act('strategies.edit', '前年度の戦略テーマの引継ぎ') as act:
        act.insert([Theme(strategy=strategy, no=theme.no, title=theme.title) for theme in former.themes.where(
            Theme.live()).order_by(Theme.no)])
    flash('前年度の戦略テーマを引き継ぎました。')
    return redirect(to_year(year), code=303)
