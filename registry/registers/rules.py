"""What is refused of registers that the ward makes: words, fields and figures that are still needed."""
from forms.registers import RATES
from models import Entry, Indicator, Initiative, Register, RegisterField, RegisterFigure, Strategy
from models.figures.registers import measure_name
from models.registers import MOST_FIELDS, MOST_FIGURES, MOST_REGISTERS, conditions_in, words_in
from models.rules import calendar

from ..records.noun import NOUNS


def rows_of(register):
    return Entry.select().where(Entry.register == register)


def live(table, register):
    return list(table.select().where(table.register == register, table.live()).order_by(table.id))


def columns_used(figure):
    """Return the columns that a figure reads."""
    named = {column for column, _ in (*conditions_in(figure.among), *conditions_in(figure.counted))}
    return named | {figure.amount, figure.total, figure.dated} - {None}


def figures_using(register, column, word=None):
    """Return the words of which figures of a register read a column, or name a word of it; '' for none."""
    found = [figure for figure in live(RegisterFigure, register) if column in columns_used(figure) and (
        word is None or (column, word) in (*conditions_in(figure.among), *conditions_in(figure.counted)))]
    return '、'.join(f'「{figure.title}」' for figure in found)


def prepare_register(row, before, form, by, at):
    """Yield (field name, message) of why a register cannot be as it is typed."""
    yield from taken_title(row, 'title')
    if before is None:
        yield from too_many()
        return
    if row.register_no != before.register_no:
        yield 'register_no', '台帳番号は、アドレスとファイルの名前になるため、変えられません。'
    if row.kept_by != before.kept_by and rows_of(row).exists():
        yield 'kept_by', '行があるので、登録する人は変えられません。'
    if any(field.title == row.called for field in live(RegisterField, row)):
        yield 'called', f'「{row.called}」という項目があります。別の呼び方にしてください。'
    gone = [word for word in words_in(before.states) if word not in words_in(row.states)]
    yield from words_still_used(row, 'state', gone, 'states', '状態')


def taken_title(row, name):
    """Yield (name, message) where another register, made or built in, is called as one is."""
    titles = {words for noun in NOUNS.values() for words in (noun.title, noun.one, *noun.menu)} | {
        other.title for other in Register.select().where(Register.live(), Register.id != (row.id or 0))}
    if row.title in titles:
        yield name, f'「{row.title}」という台帳は、もうあります。'


def too_many():
    if Register.select().where(Register.live()).count() >= MOST_REGISTERS:
        yield '', f'台帳は{MOST_REGISTERS}個まで作れます。使っていない台帳を取り消してください。'


def refuse_restore(row, by):
    """Yield (field, message) of why a voided register cannot count again."""
    yield from taken_title(row, 'reason')
    yield from too_many()


def words_still_used(register, column, words, name, label):
    """Yield (field name, message) of words that are taken away though rows or figures have them."""
    for word in words:
        if used := figures_using(register, column, word):
            yield name, f'{label}「{word}」は、数値{used}が数えています。先に数値を直してください。'
        elif number := rows_of(register).where(Entry._meta.fields[column] == word).count():
            yield name, f'{label}「{word}」の行が{number:,}件あります。先にその行を直してください。'


def refuse_void(row, by):
    """Yield (field, message) of why a register must stay."""
    if number := rows_of(row).where(Entry.live()).count():
        yield 'reason', f'行が{number:,}件あります。先に行を取り消してください。'
    for figure in live(RegisterFigure, row):
        yield from refuse_figure_void(figure, by)


def indicators_of(figure):
    """Return the indicators that a figure of a register computes."""
    name = measure_name(figure.register.register_no.lower(), figure.no)
    return list(Indicator.select(Indicator, Initiative, Strategy).join(Initiative).join(Strategy).where(
        Indicator.measure == name, Indicator.live(), Initiative.live(), Strategy.live()))


def refuse_figure_void(row, by):
    """Yield (field, message) of why a figure must stay: an indicator is computed by it."""
    for one in indicators_of(row):
        year = calendar.year_label(one.initiative.strategy.fiscal_year)
        yield 'reason', (f'数値「{row.title}」は、{year}の指標{one.initiative.no}-{one.no}の自動集計です。'
                         '先に指標を直してください。')


def prepare_field(row, before, form, by, at):
    """Yield (field name, message) of why a field cannot be as it is typed."""
    if row.title == (row.register.called or '名称'):
        yield 'title', f'「{row.title}」は、行の名前の呼び方です。別の名前にしてください。'
    if before is None:
        if len(live(RegisterField, row.register)) >= MOST_FIELDS:
            yield '', f'項目は{MOST_FIELDS}個までです。'
        return
    if row.kind != before.kind:
        yield 'kind', '種類は変えられません。この項目を取り消して、新しい項目を加えてください。'
    if before.kind == row.kind == 'choice':
        gone = [word for word in words_in(before.choices) if word not in words_in(row.choices)]
        yield from words_still_used(row.register, row.stored_in, gone, 'choices', '選択肢')
    if row.at_most and row.at_most != before.at_most and row.kind == before.kind:
        if row.at_most == row.stored_in:
            yield 'at_most', 'この項目自身は選べません。'
        own, most = (Entry._meta.fields[name].cast('NUMERIC') for name in (row.stored_in, row.at_most))
        if number := rows_of(row.register).where(Entry.live(), own > most).count():
            yield 'at_most', f'いま超えている行が{number:,}件あります。先にその行を直してください。'


def refuse_field_void(row, by):
    """Yield (field, message) of why a field must stay: a figure or another field reads it."""
    if used := figures_using(row.register, row.stored_in):
        yield 'reason', f'数値{used}がこの項目を使っています。先に数値を直すか、取り消してください。'
    if limited := [other.title for other in live(RegisterField, row.register)
                   if other.at_most == row.stored_in]:
        yield 'reason', f'項目「{limited[0]}」の上限です。先にその項目を直してください。'


def prepare_figure(row, before, form, by, at):
    """Yield (field name, message) of why a figure cannot be as it is typed; fill in its number and unit."""
    others = [other for other in live(RegisterFigure, row.register) if other.id != row.id]
    if any(other.title == row.title for other in others):
        yield 'title', f'「{row.title}」という数値は、もうあります。'
    if before is None and len(others) >= MOST_FIGURES:
        yield '', f'数値は{MOST_FIGURES}個までです。'
    amount = next((field for field in live(RegisterField, row.register) if field.stored_in == row.amount),
                  None)
    row.unit = row.unit or ('%' if row.kind in RATES else '件' if amount is None else amount.unit or '')
    if not row.unit:
        yield 'unit', '単位を入力してください。'
    if before is not None and row.unit != before.unit:
        for one in indicators_of(before):
            yield 'unit', (f'指標{one.initiative.no}-{one.no}の自動集計なので、単位は変えられません。')


def figure_reason(row, before, form):
    """Return why an edit of a figure must give its reason: an indicator is computed by it."""
    decisive = ('kind', 'amount', 'total', 'dated', 'among', 'counted')
    changed = any(row.__data__[name] != before.__data__[name] for name in decisive)
    return ('数え方を変えると、指標の値と判定が変わることがあります。'
            if changed and indicators_of(before) else '')
