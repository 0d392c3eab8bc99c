// A form while it is filled in: its parts open when they are asked for, today in one key, no word lost by leaving.
(() => {
  const form = document.querySelector('form.form[data-today]');
  if (!form) return;

  const unfold = (part) => {
    if (part instanceof HTMLDetailsElement) part.open = true;
  };
  const reach = () => {
    const aim = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (aim && form.contains(aim)) unfold(aim.closest('details'));
  };
  window.addEventListener('hashchange', reach);
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute('href') === location.hash) reach();
  });
  reach();

  // what a state asks for opens as soon as the state is chosen
  form.addEventListener('change', (event) => {
    const state = event.target.tagName === 'SELECT' && event.target.value;
    if (!state) return;
    for (const part of form.querySelectorAll('details[data-states]')) {
      if (part.dataset.states.split(' ').includes(state)) part.open = true;
    }
  });

  // `t` in a field of a day is today
  for (const input of form.querySelectorAll('.field-day input')) {
    const today = document.createElement('button');
    today.type = 'button';
    today.className = 'button-quiet';
    today.textContent = 'きょう';
    today.title = 'この欄で t を押しても、きょうの日付が入ります';
    const put = () => {
      input.value = form.dataset.today;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    };
    today.addEventListener('click', put);
    input.addEventListener('keydown', (event) => {
      if (document.documentElement.dataset.keys === 'off' || event.key.toLowerCase() !== 't' || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      put();
    });
    const name = input.labels[0] ? input.labels[0].firstChild.textContent.trim() : '';
    today.setAttribute('aria-label', `${name}をきょうにする`);
    input.after(today);
  }

  // what was refused is not saved either
  let changed = Boolean(document.getElementById('error-summary'));
  form.addEventListener('input', () => { changed = true; });
  form.addEventListener('change', () => { changed = true; });
  form.addEventListener('submit', () => { changed = false; });
  window.addEventListener('beforeunload', (event) => {
    if (changed) event.preventDefault();
  });
})();
