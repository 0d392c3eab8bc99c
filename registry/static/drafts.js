// What is typed into a form is kept on the server every few seconds and on leaving, until it is saved.
(() => {
  const form = document.querySelector('form[data-draft]');
  if (!form) return;
  const EVERY = 4000;
  const note = form.querySelector('[data-draft-note]');
  // beside the buttons it stays in sight
  form.querySelector(':scope > .buttons').append(note);
  let waiting = false, sent = false, last = null;

  const fields = () => {
    const typed = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') typed.append(name, value);
    typed.append('address', location.pathname);
    return typed;
  };

  const keep = async () => {
    if (!waiting || sent) return;
    waiting = false;
    last = new AbortController();
    try {
      const answer = await fetch('/drafts/keep', { method: 'POST', body: fields(), signal: last.signal });
      if (answer.status !== 204) throw new Error(answer.status);
      note.hidden = false;
      note.textContent = `${new Date().toLocaleTimeString('ja-JP', { hour: '2-digit', minute: '2-digit' })} `
        + 'まで入力した内容を下書きに残しました。記録はまだ変わっていません。';
    } catch {
      // without the server the page itself still has it
    }
  };

  const typed = () => { waiting = true; };
  form.addEventListener('input', typed);
  form.addEventListener('change', typed);
  form.addEventListener('submit', () => {
    sent = true;
    if (last) last.abort();
  });
  setInterval(keep, EVERY);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && waiting && !sent) {
      waiting = false;
      navigator.sendBeacon('/drafts/keep', fields());
    }
  });
  window.addEventListener('pageshow', () => { sent = false; });
})();
