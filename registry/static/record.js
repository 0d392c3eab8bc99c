// A record's page: the tab that is open is told, and one field is changed where it stands.
(() => {
  const tabs = [...document.querySelectorAll('.tabs a[href^="#"]')];
  const tell = () => {
    const panel = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const open = (panel && panel.closest('.panel')) || document.querySelector('.panel');
    for (const tab of tabs) {
      if (open && tab.hash === `#${open.id}`) tab.setAttribute('aria-current', 'true');
      else tab.removeAttribute('aria-current');
    }
  };
  addEventListener('hashchange', tell);
  tell();

  const EDITED = 'record-field';
  const facts = document.querySelector('.record-panels');
  if (!facts) return;
  let opened = null;

  const close = () => {
    if (!opened) return;
    const { line, place, kept, link } = opened;
    opened = null;
    line.classList.remove('editing');
    place.replaceChildren(...kept);
    link.focus();
  };

  // The small form as a page of it holds it, none where the server answered with anything else.
  const formIn = (text) => new DOMParser().parseFromString(text, 'text/html').querySelector('form.field-form');

  const show = (form) => {
    form.classList.add('in-place');
    const first = form.querySelector('[aria-invalid=true]')
      || form.querySelector('select, textarea, input:not([type=hidden])');
    opened.line.classList.add('editing');
    opened.place.replaceChildren(form);
    form.querySelector('.buttons a').addEventListener('click', (event) => {
      event.preventDefault();
      close();
    });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented) close();
    });
    form.addEventListener('submit', save);
    first.focus();
  };

  async function save(event) {
    event.preventDefault();
    const form = event.target;
    let answer;
    try {
      // where it leads is this page: what was done is told when it is read again, and not before
      answer = await fetch(form.action, {
        method: 'POST', redirect: 'manual', body: new URLSearchParams(new FormData(form)),
      });
    } catch {
      form.removeEventListener('submit', save);
      form.submit();
      return;
    }
    if (answer.type === 'opaqueredirect') {
      sessionStorage.setItem(EDITED, opened.line.id);
      location.reload();
      return;
    }
    const again = answer.status === 422 && formIn(await answer.text());
    if (again) {
      show(again);
      return;
    }
    // somebody else was there first, or the session is over: the page that says so takes what was typed
    form.removeEventListener('submit', save);
    form.submit();
  }

  facts.addEventListener('click', async (event) => {
    const link = event.target.closest('.fact-edit');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    close();
    const line = link.closest('.pairs > div');
    let form = null;
    try {
      const answer = await fetch(link.href);
      form = answer.ok && formIn(await answer.text());
    } catch { /* the page of the form says what is wrong */ }
    if (!form) {
      location.assign(link.href);
      return;
    }
    const place = line.querySelector('dd');
    opened = { line, place, kept: [...place.childNodes], link };
    show(form);
  });

  const edited = sessionStorage.getItem(EDITED);
  sessionStorage.removeItem(EDITED);
  const link = edited && document.querySelector(`#${CSS.escape(edited)} .fact-edit`);
  // once loaded, the browser goes to the tab of the address, and takes the focus along
  if (link) addEventListener('load', () => setTimeout(() => link.focus({ preventScroll: true })));
})();
