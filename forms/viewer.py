"""Who fills a form, or reads it: which other records are there for them, and what these are called."""


class Viewer:
    """Who sees every record, by its label: the system itself.

    The application's own viewers see less, and the names of today.
    """

    def limit(self, table):
        """Return the condition on the rows of a table that the viewer may see, None for all."""
        return None

    def called(self, row):
        """Return how a row is called on a page."""
        return row.label

    def numbers_by_name(self, table):
        """Return {name: [numbers]} of the rows of a table that may be called by their name."""
        return {}

    def options_for(self, field):
        """Return [(number, words)] of the records that a field offers."""
        return field.all_options()


UNLIMITED = Viewer()
