"""Documents (文書) hung on records: files are looked at, kept, and written as part of an act.

The bytes come first, then the act: whoever stops in between leaves bytes that no row names, and nothing half.
"""
import hashlib
import os
from dataclasses import dataclass, field

from audits import history, trail
from models import Attachment, Person
from models.rules import attachments as rules

from ..core.permits import UNIT_ROLES, allowed
from . import contents
from .noun import of_table
from .saving import ChangedMeanwhile, Forbidden, Refused, Saved, check_again_in_act

#: how many files may hang on one record
MOST = 500
#: what a refusal is called by, on a page and in the API
FIELD = 'files'
NOTHING_KEPT = 'どのファイルも添付していません。'


def record_of(row):
    """Return the record that a document hangs on, or None."""
    table = history.TABLES.get(row.table)
    return None if table is None else table.by_id(row.row)


def hanging_on(record):
    """Return the condition on the documents of a record that are not voided."""
    return Attachment.led_by(Attachment.row, type(record), record.id) & Attachment.live()


def side_of(role):
    """Return which of the parties to a record a role acts for; the system acts for the desk."""
    return 'unit' if role in UNIT_ROLES else role or 'it'


def may_change(role, noun, record, by):
    """Tell whether a person may void, describe or follow up a document attached by someone of a role.

    One's own side's, and the desk a unit's: neither a unit the desk's opinion, nor anyone an auditor's proof.
    """
    if by is None:
        return True
    own = side_of(role) == side_of(by.role) or (by.role == 'it' and side_of(role) == 'unit')
    return own and allowed(noun.permit('attach'), record, by)


def may_change_row(row, by):
    record = record_of(row)
    person = None if row.person_id is None else Person.by_id(row.person_id)
    return may_change(person and person.role, of_table(type(record)), record, by)


@dataclass
class File:
    """One file that was sent: its name, the stream of its bytes, and what looking at it has found."""

    name: str
    stream: object
    size: int = 0
    media_type: str | None = None
    sha256: str = ''
    problem: str = ''

    def examine(self, limits):
        """Look at the name, the size and the content; note the first thing that is wrong."""
        self.stream.seek(0, os.SEEK_END)
        self.size = self.stream.tell()
        self.problem = rules.name_problem(self.name) or rules.size_problem(self.size, limits)
        if not self.problem:
            self.media_type, self.problem = contents.read_type(self.name, self.stream, self.size)
        if not self.problem:
            self.sha256 = hashlib.file_digest(self.stream, 'sha256').hexdigest()
            self.stream.seek(0)

    @property
    def called(self):
        """The name as a message may show it: what is too long or hides in it left out."""
        shown = ''.join(filter(str.isprintable, self.name))
        return shown if len(shown) <= 60 else f'{shown[:40]}…'


@dataclass
class Uploads:
    """Files sent together, what is said of them, and the document that one of them is a new version of.

    `kind` None: by the name of each, `otherwise` where that tells none. `target(row)` gives the record they
    hang on where that is not the row itself.
    """

    files: list
    store: object
    limits: rules.FileLimits
    kind: str | None = None
    note: str | None = None
    former: Attachment | None = None
    target: object = staticmethod(lambda row: row)
    otherwise: str = 'other'
    rows: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.files)

    def problems(self):
        """Return [(field, message)] of all that is wrong with the files, the others named too."""
        if len(self.files) > self.limits.files:
            return [(FIELD, f'一度に添付できるのは{self.limits.files}個までです'
                            f'（{len(self.files)}個選ばれました）。{NOTHING_KEPT}分けて添付してください。')]
        if self.former is not None and len(self.files) > 1:
            return [(FIELD, f'新しい版は、1つのファイルで添付してください。{NOTHING_KEPT}')]
        seen = {}
        for one in self.files:
            one.examine(self.limits)
            if not one.problem and (same := seen.setdefault(one.sha256, one)) is not one:
                one.problem = f'「{same.called}」と同じ中身です。'
        wrong = [(FIELD, f'「{one.called}」: {one.problem}') for one in self.files if one.problem]
        good = [f'「{one.called}」' for one in self.files if not one.problem]
        if wrong and good:
            wrong.append((FIELD, f'{NOTHING_KEPT}{"".join(good)}に問題はありません。'
                          '直してから、もう一度選んでください。'))
        elif wrong:
            wrong.append((FIELD, NOTHING_KEPT))
        return wrong

    def keep(self):
        """Have the bytes on the disk, before any row names them."""
        self.store.require_room(sum(one.size for one in self.files))
        for one in self.files:
            one.stream.seek(0)
            self.store.add(one.stream, expected=one.sha256)

    def write(self, act, row, by):
        """Write the rows within an act, after whatever it writes of the record itself."""
        record = self.target(row)
        noun = of_table(type(record))
        if not allowed(noun.permit('attach'), record, by):
            raise ChangedMeanwhile([(FIELD, 'この記録に文書を添付する権限がありません。')])
        check_again_in_act(self.problems_now(record))
        first, version = None, 1
        if self.former is not None:
            first = self.former.document
            version = 1 + max(Attachment.select(Attachment.version).where(
                (Attachment.first == first) | (Attachment.id == first)).scalars())
        self.rows = [Attachment(
            table=record._meta.table_name, row=record.id, first=first, version=version, name=one.name,
            kind=self.kind or (self.former.kind if self.former
                               else rules.kind_by_name(one.name, self.otherwise)),
            note=self.note, media_type=one.media_type, size=one.size, sha256=one.sha256,
            person=by and by.id, at=act.at) for one in self.files]
        act.insert(self.rows)

    def problems_now(self, record):
        """Yield (field, message) of what speaks against the files while nobody else writes."""
        there = dict(Attachment.select(Attachment.sha256, Attachment.name).where(
            hanging_on(record), Attachment.sha256.in_([one.sha256 for one in self.files])).tuples())
        for one in self.files:
            if one.sha256 in there:
                yield FIELD, (f'「{one.called}」: 同じ中身のファイル「{there[one.sha256]}」が、'
                              f'もうこの記録にあります。{NOTHING_KEPT}')
            elif not self.store.has(one.sha256):
                yield FIELD, f'「{one.called}」: もう一度添付してください。{NOTHING_KEPT}'
        if Attachment.select().where(hanging_on(record)).count() + len(self.files) > MOST:
            yield FIELD, f'1つの記録に添付できるのは{MOST}個までです。{NOTHING_KEPT}'
        if self.former is not None and Attachment.by_id(self.former.id).voided_at:
            yield FIELD, f'前の版が、いま取り消されました。{NOTHING_KEPT}'


def attach(noun, record, uploads, *, by, at, channel, request_id=''):
    """Hang files on a record as one act, all or none; return the outcome."""
    if not allowed(noun.permit('attach'), record, by):
        return Forbidden()
    if not uploads:
        return Refused([(FIELD, 'ファイルを選んでください。')])
    if wrong := uploads.problems():
        return Refused(wrong)
    uploads.keep()
    try:
        with trail.act('attachments.create', by=by, at=at, channel=channel, request_id=request_id) as act:
            check_again_in_act([(FIELD, 'この記録は取り消されています。')]
                               if noun.table.get_by_id(record.id).voided_at else [])
            uploads.write(act, record, by)
    except ChangedMeanwhile as found:
        return Refused(found.problems)
    return Saved(record, act=act.seq)
