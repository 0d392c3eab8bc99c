"""Pages of what is done in the background (裏で進める処理): how far it is, and an end to it."""
import json

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for

from forms.base import EmptyForm
from models.jobs import CANCELLED, DONE, STATES, Job

from .core import queue
from .core.permits import PERMITS, oneself
from .web.guard import allowed, permit

bp = Blueprint('jobs', __name__, url_prefix='/jobs')
PERMITS.update({'jobs.read': (oneself,), 'jobs.cancel': (oneself,)})
#: seconds after which the page of one under way is asked for again
AGAIN = 2


def own_job(id, verb):
    job = Job.get_or_none(Job.id == id)
    if job is None or not allowed(f'jobs.{verb}', job) or job.kind not in queue.KINDS:
        abort(404)
    return job


@bp.get('/<int:id>')
@permit('jobs.read')
def show(id):
    """Show how far a job is; one that is done leads to what came of it."""
    job = own_job(id, 'read')
    kind = queue.KINDS[job.kind]
    if job.state == DONE:
        return redirect(kind.address(job), code=303)
    under_way = job.finished is None
    answer = make_response(render_template(
        'jobs/show.html', job=job, kind=kind, name=json.loads(job.about).get('name', ''), form=EmptyForm(),
        state=STATES[job.state], under_way=under_way, back=kind.address(job),
        cancelled=job.state == CANCELLED,
        crumbs=[('ホーム', url_for('board.index')), (kind.title, None)]))
    if under_way:
        answer.headers['Refresh'] = str(AGAIN)
    return answer


@bp.post('/<int:id>/cancel')
@permit('jobs.cancel')
def cancel(id):
    """Let a job not be done; what has been written already stays."""
    job = own_job(id, 'cancel')
    queue.cancel(job)
    flash('取りやめを受け付けました。まだ書き込んでいなければ、何も変更しません。')
    return redirect(url_for('.show', id=id), code=303)
