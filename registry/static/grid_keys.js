// The keys of a grid: arrows and Shift select, a key chooses, a text is typed in place, blocks are pasted.
(() => {
  if (!window.entryGrid) return;
  const { table, cells, columns, recordOf, placeOf, cellsOf, enter, undo } = window.entryGrid;
  const matrix = table.classList.contains('heat');
  let [row, column, fromRow, fromColumn] = [0, 0, 0, 0];
  if (!cells.length || !cells[0].length) return;

  table.setAttribute('role', 'grid');
  table.setAttribute('aria-multiselectable', 'true');
  for (const cell of cells.flat()) {
    cell.setAttribute('role', 'gridcell');
    cell.tabIndex = -1;
  }
  cells[0][0].tabIndex = 0;

  const selected = () => {
    const [top, bottom] = [Math.min(row, fromRow), Math.max(row, fromRow)];
    const [left, right] = [Math.min(column, fromColumn), Math.max(column, fromColumn)];
    return cells.slice(top, bottom + 1).map((line) => line.slice(left, right + 1));
  };

  const go = (toRow, toColumn, extend = false) => {
    for (const cell of selected().flat()) cell.removeAttribute('aria-selected');
    cells[row][column].tabIndex = -1;
    row = Math.max(0, Math.min(cells.length - 1, toRow));
    column = Math.max(0, Math.min(cells[row].length - 1, toColumn));
    if (!extend) [fromRow, fromColumn] = [row, column];
    for (const cell of selected().flat()) cell.setAttribute('aria-selected', 'true');
    cells[row][column].tabIndex = 0;
    cells[row][column].focus();
  };

  // After one cell was entered: along the row of a matrix and on to the next, else down.
  const next = () => {
    if (!matrix) go(row + 1, column);
    else if (column + 1 < cells[row].length) go(row, column + 1);
    else if (row + 1 < cells.length) go(row + 1, 0);
  };

  const type = (begun) => {
    const cell = cells[row][column], record = recordOf.get(cell), place = placeOf(cell);
    const box = document.createElement('input');
    box.value = begun ?? record.now[place];
    box.maxLength = 500;
    box.setAttribute('aria-label', columns[place].label);
    cell.replaceChildren(box);
    box.focus();
    let done = false;
    const end = (keep) => {
      if (done) return;
      done = true;
      const text = box.value;
      cell.textContent = record.now[place];
      if (keep) enter([[record, place, text]]);
    };
    box.addEventListener('blur', () => end(true));
    box.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.isComposing || !['Enter', 'Tab', 'Escape'].includes(event.key)) return;
      event.preventDefault();
      end(event.key !== 'Escape');
      if (event.key === 'Enter') go(row + 1, column);
      else go(row, column + (event.key === 'Tab' ? (event.shiftKey ? -1 : 1) : 0));
    });
  };

  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  table.addEventListener('keydown', (event) => {
    if (!event.target.matches('td') || event.isComposing || event.altKey) return;
    const { key } = event, held = event.ctrlKey || event.metaKey, block = selected().flat();
    const { choices } = columns[placeOf(cells[row][column])];
    const choice = !held && choices.find((one) => one.keys.includes(key.toLowerCase()));
    if (held && key.toLowerCase() === 'z') undo();
    else if (held && key === 'a') [fromRow, fromColumn] = [0, 0], go(cells.length - 1, cells[0].length - 1, true);
    else if (held) return;
    else if (moves[key]) go(row + moves[key][0], column + moves[key][1], event.shiftKey);
    else if (key === 'Home') go(row, 0, event.shiftKey);
    else if (key === 'End') go(row, cells[row].length - 1, event.shiftKey);
    else if (choice) {
      enter(block.map((cell) => [recordOf.get(cell), placeOf(cell), choice.word]));
      if (block.length === 1) next();
    } else if (key === 'Delete' || key === 'Backspace') {
      enter(block.map((cell) => [recordOf.get(cell), placeOf(cell), '']));
    } else if (!choices.length && (key === 'Enter' || key === 'F2')) type();
    else if (!choices.length && key === ';') {
      enter(block.map((cell) => [recordOf.get(cell), placeOf(cell), table.dataset.today]));
    } else if (!choices.length && key.length === 1 && key !== ' ') type(key);
    else return;
    event.preventDefault();
  });

  table.addEventListener('mousedown', (event) => {
    const cell = event.target.closest('td');
    const at = cell ? cells.findIndex((line) => line.includes(cell)) : -1;
    if (at < 0 || event.target.matches('input')) return;
    event.preventDefault();
    go(at, cells[at].indexOf(cell), event.shiftKey);
  });
  table.addEventListener('dblclick', (event) => {
    if (event.target.matches('td') && !columns[placeOf(event.target)].choices.length) type();
  });

  table.addEventListener('copy', (event) => {
    if (!event.target.matches('td')) return;
    const text = selected().map((line) => line.map((cell) => recordOf.get(cell).now[placeOf(cell)]).join('\t'));
    event.clipboardData.setData('text/plain', text.join('\n'));
    event.preventDefault();
  });

  table.addEventListener('paste', (event) => {
    if (!event.target.matches('td')) return;
    event.preventDefault();
    const text = event.clipboardData.getData('text/plain').replace(/\r?\n$/, '');
    const [top, left] = [Math.min(row, fromRow), Math.min(column, fromColumn)], entries = [];
    cellsOf(text).slice(0, 1000).forEach((line, down) => line.forEach((word, right) => {
      const cell = (cells[top + down] || [])[left + right];
      if (cell) entries.push([recordOf.get(cell), placeOf(cell), word]);
    }));
    enter(entries);
  });

  // The same with a mouse or a finger: what is chosen goes to the records of the cells selected.
  const bar = document.querySelector('.grid-choices');
  bar.hidden = false;
  bar.addEventListener('click', (event) => {
    const button = event.target.closest('[data-place]');
    if (!button) return;
    enter(selected().flat().map((cell) => [recordOf.get(cell), Number(button.dataset.place), button.value]));
    cells[row][column].focus();
  });

  const panel = document.querySelector('.grid-panel');
  if (!panel) return;
  panel.hidden = false;
  const boxes = [...panel.querySelectorAll('[data-place]')];
  panel.querySelector('[data-apply]').addEventListener('click', () => {
    enter(selected().flat().flatMap((cell) => boxes.filter((box) => box.value.trim()).map(
      (box) => [recordOf.get(cell), Number(box.dataset.place), box.value])));
    cells[row][column].focus();
  });
})();
