"""What is derived is made anew from what is recorded."""
from audits import trail, verify
from models import Department


def test_rebuild_repairs_what_is_derived(desk):
    with desk.open(), trail.untrailed():
        Department.update(search_text='').execute()
        wrong, seq = Department.select().count(), trail.head().seq
        assert '検索用の文字列' in verify.verify().outside[0]['what']
    assert desk.json('trail', 'verify', code=1)['intact'] is False
    done = desk.run('rebuild')
    assert done.exit_code == 0 and f'改めた記録: {wrong}件' in done.stderr
    assert desk.json('trail', 'verify')['head']['seq'] == seq
    assert '改めた記録: 0件' in desk.run('rebuild').stderr
