"""One database of PostgreSQL, lent to test after test: what one changed in it is put back as it was.

A copy takes the server 30 ms for each test and its first connections twice as much; what a test changed is a
few rows of a few tables. The server counts the rows written in each: where those of its catalogue are among
them, the next test gets a copy again. The connections stay open as well.
"""
import time

import psycopg

from registry.core import connection

#: where a change of the schema leaves rows
CATALOGUE = ['pg_class', 'pg_attribute', 'pg_attrdef', 'pg_constraint', 'pg_index', 'pg_proc', 'pg_trigger',
             'pg_type', 'pg_namespace', 'pg_db_role_setting', 'pg_policy', 'pg_rewrite']
WRITTEN = """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_all_tables
    WHERE schemaname = 'public' OR schemaname = 'pg_catalog' AND relname = ANY(%s)"""
NUMBERS = """SELECT c.relname, s.oid::regclass::text, pg_sequence_last_value(s.oid) FROM pg_class s
    JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    JOIN pg_class c ON c.oid = d.refobjid WHERE s.relkind = 'S'"""
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> ALL(%s)"""
FLUSH = 'SELECT pg_stat_force_next_flush()'


class Lent:
    """The database that is lent, and its `pool` of connections.

    `copy()` returns the URL of a new one, `drop(url)` drops it.
    """

    made = []

    def __init__(self, copy, drop):
        self.made.append(self)
        self.copy, self.drop, self.own, self.pool = copy, drop, None, None

    def lend(self):
        """Return the URL of the database as it was made."""
        if self.own is None:
            self.url = self.copy()
            self.pool = connection.open_database(self.url)
            self.own = psycopg.connect(self.url, autocommit=True)
            self.own.execute('SET session_replication_role = replica')  # rows come back without our triggers
            self.kept = {name: self.rows(name) for (name,) in self.own.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
            self.numbers = self.own.execute(NUMBERS).fetchall()
            self.written = self.counted()
        self.pool.query_hooks.clear()
        return self.url

    def take_back(self):
        """Put back what was changed; leave it to the next copy where that is more than rows."""
        try:
            if self.put_back():
                return
        except psycopg.Error:
            pass  # a test that kills connections kills this one too
        self.give_up()

    def give_up(self):
        if self.own is not None:
            self.pool.close_all()
            self.own.close()
            self.own = None
            self.drop(self.url)

    def rows(self, name):
        with self.own.cursor() as cursor, cursor.copy(f'COPY "{name}" TO STDOUT') as copy:
            return b''.join(copy)

    def counted(self):
        """Return {table: how many rows were ever written}, once nobody else is connected."""
        self.pool.close()
        if self.pool._in_use:  # by a thread that has ended
            self.pool.close_all()
        idle = [found for *_, found in self.pool._connections]
        for each in idle:
            each.execute('RESET ALL')
            each.execute(FLUSH)
        mine, until = [each.info.backend_pid for each in (self.own, *idle)], time.monotonic() + 20
        while self.own.execute(OTHERS, [mine]).fetchall():
            if time.monotonic() > until:
                raise psycopg.OperationalError('somebody stays connected')
            time.sleep(0.001)
        self.own.execute(FLUSH)
        return dict(self.own.execute(WRITTEN, [CATALOGUE]).fetchall())

    def put_back(self):
        """Put back the rows of every table that was written; return whether that is all that changed."""
        found = self.counted()
        changed = [name for name, number in found.items() if number != self.written.get(name)]
        if set(changed) - set(self.kept):
            return False
        if changed:
            with self.own.transaction(), self.own.cursor() as cursor:
                for name in changed:
                    cursor.execute(f'DELETE FROM "{name}"')
                    with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
                        copy.write(self.kept[name])
                for table, sequence, last in self.numbers:
                    if table in changed:
                        cursor.execute('SELECT setval(%s, %s, %s)', [sequence, last or 1, last is not None])
            self.own.execute('VACUUM ' + ', '.join(f'"{name}"' for name in changed))
            self.written = self.counted()
        return True
