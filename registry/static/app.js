// Small comforts; every page works without them.
(() => {
  const typing = (node) => node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

  // a person may turn the keys of one letter off for this browser (keys.js)
  try {
    document.documentElement.dataset.keys = localStorage.getItem('keys') || 'on';
  } catch {
    // a browser that keeps nothing keeps them on
  }

  document.addEventListener('keydown', (event) => {
    if (document.documentElement.dataset.keys === 'off') return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(document.activeElement)) return;
    // the search; the manual; from a record to its form, and there to the first field
    const place = { '/': '#global-search', '?': 'a[rel=help]',
      e: 'a[aria-keyshortcuts="e"], .form .field :is(input, select, textarea)' };
    const box = place[event.key] && document.querySelector(place[event.key]);
    if (!box) return;
    event.preventDefault();
    if (box.href) {
      box.click();
      return;
    }
    box.focus();
    if (box.select) box.select();
  });

  const note = document.getElementById('progress');

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.hasAttribute('data-progress')) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = '1';
    form.setAttribute('aria-busy', 'true');
    if (note) note.textContent = form.dataset.progress || '処理しています…';
  });

  // A page that comes back from the browser's memory must be usable again.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) {
      delete form.dataset.sent;
      form.removeAttribute('aria-busy');
    }
    if (note) note.textContent = '';
  });

  // The menu is longer than a low window: show where one is.
  const here = document.querySelector('.side a[aria-current]');
  if (here) {
    const side = here.closest('.side');
    side.scrollTop = here.offsetTop - side.clientHeight / 2;
  }

  const summary = document.getElementById('error-summary');
  if (summary) summary.focus();
})();
