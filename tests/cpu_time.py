"""Work held to a time of the processor."""
import time

#: putting 40,000 of these in order took 1.5 s
MARKS = '\u0301\u0316' * 20_000
FORM = 'application/x-www-form-urlencoded'


def within_seconds(most, work):
    """Return the answer of work that takes less than `most` seconds of processor time, once in three."""
    took = []
    while len(took) < 3:
        started = time.process_time()
        answer = work()
        took.append(time.process_time() - started)
        if took[-1] < most:
            return answer
    raise AssertionError(f'{took} seconds, not {most}')
