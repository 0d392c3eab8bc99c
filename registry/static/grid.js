// A grid: what is entered in its cells becomes the lines that are sent; the keys are in grid_keys.js.
window.entryGrid = (() => {
  const table = document.querySelector('table.grid');
  if (!table) return null;
  const area = document.getElementById('lines'), form = area.form;
  const told = form.querySelector('.grid-count');
  const columns = JSON.parse(table.dataset.columns), keys = Number(table.dataset.keys);
  const cells = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll('td[data-i]')]);
  const headers = area.dataset.headers.split('\t');
  const records = new Map(), recordOf = new Map(), past = [];
  let others = [];

  for (const cell of cells.flat()) {
    const source = cell.dataset.k ? cell : cell.parentNode;
    if (!records.has(source.dataset.k)) {
      const was = source.dataset.v.split('\t');
      records.set(source.dataset.k, { was, now: [...was], cells: [] });
    }
    records.get(source.dataset.k).cells.push(cell);
    recordOf.set(cell, records.get(source.dataset.k));
  }

  const placeOf = (cell) => Number(cell.dataset.i);
  const changed = (record) => record.now.some((text, place) => text !== record.was[place]);

  // What is meant by a text: the word of a choice, told by its word, its symbol or one of its keys.
  const meant = (place, text) => {
    const wanted = text.trim(), { choices } = columns[place];
    const found = choices.find((one) => one.word === wanted || one.symbol === wanted || one.keys.includes(wanted));
    return found || !choices.length ? (found ? found.word : wanted) : null;
  };

  const draw = (record) => {
    for (const cell of record.cells) {
      const place = placeOf(cell), text = record.now[place];
      const choice = columns[place].choices.find((one) => one.word === text);
      const symbol = choice ? choice.symbol : text;
      cell.classList.toggle('changed', changed(record) && (table.classList.contains('heat') || text !== record.was[place]));
      if (table.classList.contains('heat')) {
        for (const name of [...cell.classList]) if (name.startsWith('cell-')) cell.classList.remove(name);
        cell.classList.add(`cell-${(choice && choice.tone) || 'none'}`);
      }
      if (symbol === text) {
        cell.textContent = text;
        continue;
      }
      const [seen, read] = [document.createElement('span'), document.createElement('span')];
      seen.setAttribute('aria-hidden', 'true');
      seen.textContent = symbol;
      read.className = 'hidden-text';
      read.textContent = text;
      cell.replaceChildren(seen, read);
    }
  };

  // A quote that begins a value is one of the value, and would else begin a quoted cell: as spreadsheets copy it.
  const quoted = (text) => (text.startsWith('"') ? `"${text.replaceAll('"', '""')}"` : text);
  const plain = (text) => (/^".*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text);
  const lineOf = (texts) => texts.map(quoted).join('\t');
  // The cells of a copied text, line by line; one of several lines is one line here.
  const cellsOf = (text) => text.replace(/(^|\t|\n)"((?:[^"]|"")*)"(?=\t|\r?\n|$)/g, (_, before, inner) => (
    before + quoted(inner.replaceAll('""', '"').replace(/\r?\n/g, '⏎')))).split(/\r?\n/).map(
    (line) => line.split('\t').map(plain));

  const tell = () => {
    const lines = [...records].filter(([, record]) => changed(record)).map(
      ([key, { now }]) => lineOf([...key.split('\t'), ...now]));
    area.value = lines.length + others.length ? [headers.join('\t'), ...lines, ...others].join('\n') : '';
    told.textContent = lines.length + others.length ? `${lines.length + others.length}件を変更中` : '';
  };

  // Enter texts: [[record, place, text]], as one step that can be undone.
  const enter = (entries) => {
    const before = new Map();
    for (const [record, place, typed] of entries) {
      const text = meant(place, typed);
      if (text === null || record.now[place] === text) continue;
      if (!before.has(record)) before.set(record, [...record.now]);
      record.now[place] = text;
      const { fill } = columns[place].choices.find((one) => one.word === text) || {};
      if (fill !== undefined && fill !== null && !record.now[fill]) record.now[fill] = table.dataset.today;
    }
    if (!before.size) return;
    past.push(before);
    for (const record of before.keys()) draw(record);
    tell();
  };

  const undo = () => {
    for (const [record, now] of past.pop() || []) {
      record.now = now;
      draw(record);
    }
    tell();
  };

  // The lines of the text: pasted by hand, or sent back with what is wrong with them.
  const read = () => {
    const [head, ...lines] = cellsOf(area.value);
    const places = headers.map((header) => head.indexOf(header));
    others = [];
    for (const record of records.values()) record.now = [...record.was];
    for (const line of lines.filter((each) => each.join('').trim())) {
      const record = records.get(places.slice(0, keys).map((place) => line[place]).join('\t'));
      if (record) record.now = record.was.map((was, at) => line[places[keys + at]] ?? was);
      else others.push(lineOf(places.map((place) => line[place] ?? '')));
    }
    for (const record of records.values()) draw(record);
    told.textContent = lines.length ? `${lines.length}件を変更中` : '';
  };
  area.addEventListener('change', read);
  if (area.value.trim()) read();

  let sent = false;
  form.addEventListener('submit', () => { sent = true; });
  window.addEventListener('beforeunload', (event) => {
    if (!sent && area.value.trim()) event.preventDefault();
  });
  return { table, cells, columns, recordOf, placeOf, cellsOf, enter, undo };
})();
