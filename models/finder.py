"""The index of words that records are found by while someone types; on SQLite, where nothing else would do.

Triggers keep it (migrations 0016, 0022 and 0026), see docs/decisions/0036. It holds each letter, and each two
that stand together, of the first 300 of a row's `search_text`, and marks of the unit and the vendor the row
leads to.
"""
from .statements import db

NAME = 'finder'
#: {table name: its place in the index}: a row's number there is its id and the place above it
PLACES = {name: place for place, name in enumerate((
    'department', 'person', 'staff', 'setting', 'system', 'vendor', 'business', 'step_master', 'step',
    'course', 'incident_level', 'incident', 'case_share', 'budget_request', 'procurement_case', 'contract',
    'review', 'engagement', 'finding', 'plan', 'attachment', 'incident_report', 'closed_day', 'register'), 1)}
#: {place in the index: table name}
TABLES = {place: name for name, place in PLACES.items()}
#: the marks of what a row leads to: its unit, its vendor
UNIT, VENDOR = 0, 1
#: the mark of the rows of tables that lead to no unit
NO_UNIT = f'"{chr(1114009)}"'
#: the word that no row has
NOTHING = f'"{chr(1114008)}"'
#: how a row's number in the index is made of the place of its table and its id
SHIFT = 40


def mark(kind, id):
    """Return the word of the index for rows that lead to a record."""
    return f'"{chr(983040 + id % 60000)}{chr(1114000 + kind)}"'


def letters(word):
    """Return the query for what may hold a folded word: all of its pairs of letters, wherever they stand."""
    pairs = [word[place:place + 2] for place in range(len(word) - 1)] or [word]
    return ' AND '.join('"{}"'.format(pair.replace('"', '""')) for pair in dict.fromkeys(pairs)
                        if pair.isprintable()) or NOTHING


def either(queries):
    """Return the query for what any of some queries finds."""
    return f'({" OR ".join(f"({query})" for query in queries)})'


def search(query, most, tables=None):
    """Return {table name: ids}, the newest few that a query finds, of all tables unless some are named.

    `most` gives how many of a table are looked for. What is common is found at once and a table left as soon
    as there are enough; what is rare is gone through once for all tables.
    """
    found = {}
    places = sorted(PLACES[name] for name in (tables or PLACES))
    lowest, above = places[0] << SHIFT, places[-1] + 1 << SHIFT
    while above > lowest:
        number = max(most.values())
        rows = db.execute_sql(
            'SELECT rowid FROM finder WHERE finder MATCH ? AND rowid > ? AND rowid < ? '
            'ORDER BY rowid DESC LIMIT ?',
            (query, lowest, above, number)).fetchall()
        for (rowid,) in rows:
            name = TABLES[rowid >> SHIFT]
            if name in most:
                found.setdefault(name, []).append(rowid & (1 << SHIFT) - 1)
        if len(rows) < number:
            break
        last = rows[-1][0]
        name = TABLES[last >> SHIFT]
        enough = name not in most or len(found[name]) >= most[name]
        above = last >> SHIFT << SHIFT if enough else last
    return {name: ids[:most[name]] for name, ids in found.items()}
