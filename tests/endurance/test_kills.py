"""A few rounds of the trial that kills, and of verify while four write; `kills.py` does more."""
import kills
from engine import ENGINE


def test_nothing_acknowledged_is_lost():
    one = kills.run(ENGINE, rounds=len(kills.KILLS), seconds=8, seed=1, pause=0.1)
    assert one.faults == []
    assert sum(one.found.values()) >= 2 and one.found['stop'] and one.acknowledged >= kills.CLIENTS


def test_verify_finds_nothing_while_four_write():
    one, found = kills.verify_beside_writers(ENGINE, 2)
    assert found == [0, 0] and one.acknowledged >= kills.CLIENTS
