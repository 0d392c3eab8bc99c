// A list: all rows of the page selected at once, a span of them with Shift, their number told; one menu open.
(() => {
  const menus = [...document.querySelectorAll('.list-menu')];

  document.addEventListener('click', (event) => {
    for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener('keydown', (event) => {
    const open = menus.find((menu) => menu.open);
    if (event.key !== 'Escape' || !open) return;
    open.open = false;
    open.querySelector('summary').focus();
  });

  const form = document.querySelector('.list-form');
  const head = form && form.querySelector('th.pick');
  if (!head) return;
  const boxes = [...form.querySelectorAll('td.pick > input')];
  const told = form.querySelector('.selection-count');
  let last = null;

  const all = document.createElement('input');
  all.type = 'checkbox';
  all.setAttribute('aria-label', 'この頁の行をすべて選ぶ');
  head.replaceChildren(all);

  const tell = () => {
    const number = boxes.filter((box) => box.checked).length;
    told.textContent = `${number}件を選択中`;
    all.checked = number === boxes.length;
    all.indeterminate = number > 0 && number < boxes.length;
  };

  all.addEventListener('change', () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });

  form.addEventListener('click', (event) => {
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, place), Math.max(last, place)];
      for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
    }
    last = place;
    tell();
  });

  form.addEventListener('reset', () => setTimeout(tell));

  window.addEventListener('pageshow', tell);
})();
