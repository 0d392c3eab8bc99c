"""The parts of a record's page that every record has, as they stand on it: facts, steps, what leads to it.

They are written here and not in a template, which took most of a page's time.
"""
from functools import cache, lru_cache

from markupsafe import Markup

from forms.fields import Reference, Refs
from forms.fields.references import hidden_text, mark_voided
from models import Department
from models.visibility import is_owned, unit_column, unit_of

from ..core.permits import in_principle
from ..web.escaping import escaped
from . import display, pages
from .noun import of_table
from .rows import NAMES

#: how many facts head a record's page, how many of its links one names, and of each kind its rail
HEADLINE, LINKS, RELATED = 5, 50, 2
#: a fact longer than so many characters has a line of its own
WIDE = 40
BLANK = '<span class="quiet">（空欄）</span>'


def text_html(text):
    """Return a text safe for HTML, its lines kept."""
    safe = str(escaped(text))
    return safe.replace('\n', '<br>') if '\n' in safe else safe


# --- facts ---

@cache
def address_of(table):
    """Return the address that a table's records are below, None where they have no pages."""
    noun = of_table(table)
    return noun.address if noun is not None and 'show' in noun.views else None


def record_html(row, who):
    """Return the link to a record by what the reader calls it; the words alone where they may not open it."""
    words, address = text_html(mark_voided(who.called(row), row)), address_of(type(row))
    if address is None or not in_principle(of_table(type(row)).permit('read'), who.person.role):
        return words
    return f'<a href="{address}{row.id}">{words}</a>'


def reference_html(field, row, who):
    """Return what a record refers to as links: of many the first few, and how many more there are.

    A record of another unit is counted, not named.
    """
    if not isinstance(field, Refs):
        value = row.__data__.get(field.attr)
        if value is None:
            return ''
        if field.table is Department:
            return f'<a href="/departments/{value}">{text_html(display.unit_labels()[value])}</a>'
        other = row.__rel__[field.attr] = row.__rel__.get(field.attr) or field.table.by_id(value)
        return hidden_text(1) if field.hidden_ids([value], who) else record_html(other, who)
    ids = field.ids_of(row)
    few = ids[:LINKS]
    away = field.hidden_ids(few, who)
    rows = field.table.by_ids([id for id in few if id not in away])
    rows.sort(key=lambda other: other.__data__[field.by.name])
    found = [record_html(other, who) for other in rows] + ([hidden_text(len(away))] if away else [])
    more = f'、ほか{len(ids) - len(few):,}件' if len(ids) > len(few) else ''
    return '、'.join(found) + more


def facts_of(noun, row, who):
    """Return {field name: its value in HTML, '' for a blank} of a record."""
    found = {}
    for field in noun.cells:
        if isinstance(field, Reference):
            html = reference_html(field, row, who)
        else:
            value = row.__data__.get(field.attr)
            html = '' if value is None else text_html(field.show(value))
        found[field.short_name] = html
    return found


@cache
def labels_of(noun):
    """Return {field name: its label, safe for HTML}."""
    return {field.short_name: str(escaped(field.label.text)) for field in noun.cells}


@cache
def open_fields(noun, in_unit):
    """Return the names of the fields that may be edited one by one, by a unit's member or another."""
    held = {*noun.moved, noun.flow.column if noun.flow else '', *(noun.reserved if in_unit else ())}
    return tuple(field.short_name for field in noun.cells if not {field.attr, field.short_name} & held)


@cache
def default_headline(noun):
    """Return the fields that head a record's page where its noun names none: what its list shows."""
    names = {field.attr: field.short_name for field in noun.cells}
    shown = [names[column.name] for column in noun.columns if column.name in names
             and column.name not in NAMES]
    return tuple(name for name in shown if name not in noun.key)[:HEADLINE]


@cache
def sections_of_facts(noun):
    """Return ([(heading, names)] of the first tab, [(heading, names)] of those that are tabs themselves).

    A state that moves change stands at the head of the page.
    """
    state = noun.flow.column if noun.flow else ''
    names = [field.short_name for field in noun.cells if field.attr != state]
    known = {name for _, some in noun.sections for name in some}
    rest = [name for name in names if name not in known]
    sections = [(heading, [name for name in some if name in names]) for heading, some in noun.sections]
    sections += [('その他' if sections else '内容', rest)] if rest else []
    return ([each for each in sections if each[0] not in noun.apart],
            [each for each in sections if each[0] in noun.apart])


def strip_html(noun, row, told, panels):
    """Return the strip of the facts that matter most; what is left blank is said to be."""
    labels, found = labels_of(noun), []
    for given in noun.headline or default_headline(noun):
        if isinstance(given, str):
            label, html = labels[given], told[given]
        else:
            label, html = given[0], text_html(given[1](row, panels) or '')
        found.append(f'<div><dt>{label}</dt><dd>{html or BLANK}</dd></div>')
    return f'<dl class="strip">{"".join(found)}</dl>' if found else ''


def facts_html(noun, sections, told, base, editable):
    """Return some sections of a record's facts, what is blank folded below them.

    `base` is the record's address; the fields that are `editable` can be changed one by one.
    """
    labels, found, blanks = labels_of(noun), [], []
    for heading, names in sections:
        lines = []
        for name in names:
            html, label = told[name], labels[name]
            if not html:
                blanks.append(name)
                continue
            edit = (f' <a class="fact-edit" href="{base}/field/{name}" aria-label="{label}を変更">'
                    '変更</a>' if name in editable else '')
            wide = ' class="wide"' if len(html) > WIDE and ('<a ' not in html or '、' in html) else ''
            lines.append(f'<div{wide} id="fact-{name}"><dt>{label}</dt><dd>{html}{edit}</dd></div>')
        if lines:
            title = f'<h3>{heading}</h3>' if heading else ''
            found.append(f'{title}<dl class="facts pairs">{"".join(lines)}</dl>')
    return ''.join(found) + blanks_html(blanks, labels, base, editable)


def blanks_html(blanks, labels, base, editable):
    """Return the blank fields folded together, each led to where it is filled in, and all at once."""
    if not blanks:
        return ''
    fillable = [name for name in blanks if name in editable]
    lines = ''.join(f'<li><a href="{base}/field/{name}">{labels[name]}</a></li>' if name in editable
                    else f'<li>{labels[name]}</li>' for name in blanks)
    together = (f'<a class="button button-second button-small" href="{base}/fill">まとめて記入する</a>'
                if fillable else '')
    return (f'<div class="blanks"><details><summary>未記入 {len(blanks)}項目</summary><ul>{lines}</ul>'
            f'</details>{together}</div>')


# --- steps ---

@lru_cache(maxsize=500)
def steps_html(noun, state):
    """Return the way of a record through its states, made once for each of them."""
    line = [*noun.flow.line, *([] if state in noun.flow.line else [state])]
    here, found = line.index(state), []
    for place, each in enumerate(line):
        words = text_html(noun.flow.states[each])
        if each == state:
            found.append(f'<li aria-current="step">{words}</li>')
        elif place < here and state in noun.flow.line:
            found.append(f'<li class="done">{words}<span class="hidden-text">（済み）</span></li>')
        else:
            found.append(f'<li>{words}</li>')
    return f'<ol class="steps" aria-label="状態の流れ">{"".join(found)}</ol>'


def moves_html(noun, row, panels):
    """Return the steps of a record, the moves that may be made and what each still lacks."""
    state, base = noun.flow.state(row), f'{noun.address}{row.id}'
    line, lines = noun.flow.line, []
    ahead = line[line.index(state) + 1] if state in line[:-1] else None
    moves = sorted(panels.get('moves', ()), key=lambda move: move[0] != ahead)
    for target, words, lacking in moves:
        first = not lines
        needs = ''.join(need_html(*each) for each in lacking)
        lines.append(
            f'<li><a class="button {"" if first else "button-second "}button-small" '
            f'href="{base}/move/{target}">{text_html(words)}</a>'
            + (f'<ul class="needs">{needs}</ul>' if needs else '') + '</li>')
    others = panels.get('others', ())
    rest = (f'<p class="quiet">{"".join(f"「{text_html(each)}」" for each in others)}'
            'へは、その権限のある人が進めます。</p>' if others else '')
    if not lines and not rest:
        rest = '<p class="quiet">ありません。</p>'
    moves = f'<ul class="moves">{"".join(lines)}</ul>' if lines else ''
    return (f'<section class="way" aria-labelledby="way-title">{steps_html(noun, state)}'
            '<div class="next"><h2 id="way-title">次に進める状態</h2>'
            f'<div>{moves}{rest}</div></div></section>')


def need_html(need, words, remedy):
    """Return what a move lacks, and where it is entered."""
    way = '' if remedy is None else (
        f' <a href="{text_html(remedy[1])}">{text_html(remedy[0])}</a>' if remedy[1]
        else f' {text_html(remedy[0])}')
    return f'<li>{text_html(words)}{way}</li>'


# --- the rail ---

def unit_html(noun, row):
    """Return (what the unit of a record is called, the link to it), None where it has none."""
    unit = unit_of(row) if is_owned(noun.table) else None
    if unit is None:
        return None
    name = unit_column(noun.table)
    label = next((field.label.text for field in noun.cells if field.attr == name
                  and field.table is Department), '所属')
    return text_html(label), f'<a href="/departments/{unit}">{text_html(display.department(unit))}</a>'


def rail_html(noun, row, told, panels, dues, leading):
    """Return what stands beside a record: who sees to it, what is due, what is filled in and related."""
    labels, unit = labels_of(noun), unit_html(noun, row)
    pairs = [*([unit] if unit else []), *((labels[name], told[name] or BLANK) for name in noun.contacts)]
    people = [f'<div><dt>{label}</dt><dd>{html}</dd></div>' for label, html in pairs]
    owner = f'<section><h2>担当</h2><dl class="rail-facts">{"".join(people)}</dl></section>' if people else ''
    return ''.join((owner, dues_html(dues), completeness_html(told, panels),
                    related_html(leading)))


def dues_html(found):
    lines = ''.join(
        f'<li class="due-{each.stage}"><span>{text_html(each.title)}</span> '
        f'<time datetime="{each.day}">{each.day}</time> <strong>{each.words}</strong></li>' for each in found)
    return f'<section><h2>期限</h2><ul class="rail-dues">{lines}</ul></section>' if found else ''


def completeness_html(told, panels):
    """Return how much of a record is filled in: of what it must have, where its noun says what that is."""
    filled, needed, blanks = panels.get('completeness') or (
        sum(1 for html in told.values() if html), len(told), ())
    lacking = f'<p class="quiet">空欄: {text_html("、".join(blanks))}</p>' if blanks else ''
    return (f'<section><h2>記載のそろい具合 {filled}／{needed}項目</h2>'
            f'<progress class="bar" max="{needed}" value="{filled}" aria-label="記載のそろい具合">'
            f'{filled}／{needed}</progress>{lacking}</section>')


def related_html(leading):
    """Return the newest few of the records that lead to one, by kind, and the way to the rest of them."""
    found = []
    for id, link in leading:
        if not link.rows:
            continue
        lines = ''.join(f'<li><a href="{url}">{text_html(label)}</a></li>'
                        for url, label in link.rows[:RELATED])
        more = link.panel.total - min(RELATED, len(link.rows))
        rest = f'<li><a href="#{id}">ほか{more:,}件</a></li>' if more > 0 else ''
        found.append(f'<dt>{text_html(link.title)}</dt><dd><ul>{lines}{rest}</ul></dd>')
    return f'<section><h2>関連</h2><dl class="rail-related">{"".join(found)}</dl></section>' if found else ''


# --- what leads to a record ---

def identified(leading):
    """Return [(id of its tab, link)]: the noun's name, numbered where a noun leads here twice."""
    seen, found = {}, []
    for link in leading:
        name = link.noun.name
        number = seen[name] = seen.get(name, 0) + 1
        found.append((name if number == 1 else f'{name}-{number}', link))
    return found


def link_html(link, origin):
    """Return the records of a noun that lead to one, and where another is entered.

    It leads back to `origin`.
    """
    title, panel = text_html(link.title), link.panel
    if link.rows:
        body = '<ul class="links">' + ''.join(f'<li><a href="{url}">{text_html(label)}</a></li>'
                                              for url, label in link.rows) + '</ul>'
    else:
        body = '' if panel.total else f'<p class="quiet">{title}はありません。</p>'
    if panel.total > len(link.rows):
        every = (f'\n<a href="{text_html(panel.url)}">すべての{title}を一覧で見る</a>' if panel.url else '')
        body += f'<p class="quiet">{panel.total:,}件のうち{len(link.rows)}件です。{every}</p>'
    if link.new:
        url = text_html(pages.leading_back(link.new, origin))
        body += (f'<p><a class="button button-second button-small" href="{url}">'
                 f'{text_html(link.one)}を登録</a></p>')
    return Markup(body)
