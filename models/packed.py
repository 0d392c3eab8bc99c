"""Long lists of a file's rows and of an act's changes, compressed.

As objects they take thirty times the file.
"""
import pickle
import zlib
from array import array
from bisect import bisect_left

#: items that are compressed, and decompressed again, at once
BLOCK = 500


class Packed:
    """A list that is only appended to and iterated over, held compressed.

    Its last items are not compressed yet. What was added is copied: an item changed later is not changed
    here, and each time through gives new objects.
    """

    def __init__(self, items=()):
        self.compressed, self.last = [], []
        for item in items:
            self.append(item)

    def append(self, item):
        self.last.append(item)
        if len(self.last) == BLOCK:
            # bytes of our own making that never leave the process
            self.compressed.append(zlib.compress(pickle.dumps(self.last, pickle.HIGHEST_PROTOCOL), 1))
            self.last = []

    def blocks(self):
        """Yield the items as lists of up to BLOCK."""
        for block in self.compressed:
            yield pickle.loads(zlib.decompress(block))
        if self.last:
            yield list(self.last)

    def __iter__(self):
        for block in self.blocks():
            yield from block

    def __len__(self):
        return BLOCK * len(self.compressed) + len(self.last)

    def __eq__(self, other):
        return list(self) == list(other)


class Hashes:
    """Hashes of very many values, eight bytes each.

    What is not in it was not added; what is in it may be another value's hash.
    """

    def __init__(self, values=()):
        self.hashes, self.sorted = array('q', map(hash, values)), False

    def add(self, value):
        self.hashes.append(hash(value))
        self.sorted = False

    def __contains__(self, value):
        if not self.sorted:
            self._sort()
        value = hash(value)
        place = bisect_left(self.hashes, value)
        return place < len(self.hashes) and self.hashes[place] == value

    def duplicates(self):
        """Return the set of the hashes that were added more than once."""
        found = set()
        for part in self._parts():
            found.update(one for one, next in zip(part, part[1:], strict=False) if one == next)
        return found

    def _sort(self):
        sorted = array('q')
        for part in self._parts():
            sorted.extend(part)
        self.hashes, self.sorted = sorted, True

    def _parts(self):
        """Yield all hashes in order, a part at a time: as numbers of Python they take five times the room."""
        parts = len(self.hashes) // 8192 + 1
        width = 2 ** 64 // parts + 1
        for part in range(parts):
            start = part * width - 2 ** 63
            yield sorted(value for value in self.hashes if start <= value < start + width)
