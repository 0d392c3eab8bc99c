"""What may be meant while someone types (候補): what the fields of forms and the search of the header ask."""
from flask import Blueprint, request

from . import pins
from .api_answers import answer
from .records import suggesting
from .records.noun import NOUNS
from .web.guard import permit, signed_in

bp = Blueprint('suggestions', __name__)
#: how many of each noun the header shows: all of them are the search page's
FEW = 5


@bp.get('/suggestions')
@permit('search.use')
def find():
    """Answer what may be meant by `q`: of a noun as a field asks, of all of them and the files otherwise.

    With nothing typed it is what the person has at hand.
    """
    text, name = request.args.get('q', '')[:suggesting.LONGEST].strip(), request.args.get('noun', '')
    person = signed_in()
    if name:
        noun = NOUNS.get(name)
        groups = suggesting.suggest(text, person, [noun]) if noun else []
    else:
        groups = suggesting.suggest(text, person, most=FEW)
    if not name and not text:
        return answer({'groups': [{'title': title, 'options': [each._asdict() for each in rows]}
                                  for title, rows in pins.at_hand()]})
    found = [{'title': noun.title, 'options': [each._asdict() for each in rows]} for noun, rows in groups]
    if not name and (files := suggesting.files(text, person, FEW)):
        found.append({'title': '文書', 'options': [each._asdict() for each in files]})
    return answer({'groups': found})
