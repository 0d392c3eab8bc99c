// The search of the header: what may be meant while one types, and with nothing typed what one had last.
import Suggesting, { suggestions } from './combobox.js';

const box = document.getElementById('global-search');
if (box) {
  new Suggesting(box, {
    name: '検索',
    empty: true,
    atOnce: true,
    submits: true,
    ask: async (q) => (await suggestions({ q: q.trim() })).flatMap((group) => group.options.map(
      (option) => ({ ...option, hint: [group.title, option.hint].filter(Boolean).join('・') }))),
    choose: (option) => { location.assign(option.address); },
  });
}
