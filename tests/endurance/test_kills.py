"""A few rounds of the trial that kills, and of verify while four write; `kills.py` does more."""
import kills
from engine import ENGINE


def test_nothing_acknowledged_is_lost_and_verify_finds_nothing_while_four_write():
    with kills.trial(ENGINE, seed=1, pause=0.1) as one:
        assert kills.verify_beside(one, 2) == [0, 0]
        kills.run(one, rounds=len(kills.KILLS), seconds=8)
    assert one.faults == []
    assert any(client.attached for client in one.clients)
    assert sum(one.found.values()) >= 2 and one.found['stop'] and one.acknowledged >= 2 * kills.CLIENTS
