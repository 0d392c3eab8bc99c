// The card of a record: where a mention of it is pointed at or focused, its facts stand beside it.
// Escape takes it away, the pointer may go into it, and it stays until pointer and focus are elsewhere.
(() => {
  const nouns = (document.body.dataset.cards || '').split(' ');
  const PATTERN = /^\/([a-z-]+)\/(\d+)$/;
  const WAIT = 350;
  const LINGER = 250;
  const known = new Map();
  let card = null;
  let mention = null;
  let timer = 0;

  const mentionOf = (node) => {
    const link = node instanceof Element && node.closest('main a[href]');
    if (!link || link.origin !== location.origin || link.search || link.closest('.record-card')) return null;
    const found = PATTERN.exec(link.pathname);
    return found && nouns.includes(found[1]) && link.pathname !== location.pathname ? link : null;
  };

  const close = () => {
    clearTimeout(timer);
    if (card) card.remove();
    if (mention) mention.removeAttribute('aria-describedby');
    card = null;
    mention = null;
  };

  const read = (path) => {
    if (!known.has(path)) {
      known.set(path, fetch(`${path}/card`)
        .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ''))
        .then((text) => new DOMParser().parseFromString(text, 'text/html').querySelector('.record-card'))
        .catch(() => null));
    }
    return known.get(path);
  };

  const open = async (link) => {
    mention = link;
    const made = await read(link.pathname);
    if (!made || mention !== link || card) return;
    card = made.cloneNode(true);
    card.id = 'record-card';
    card.classList.add('floating');
    card.setAttribute('role', 'tooltip');
    document.querySelector('main').append(card);
    link.setAttribute('aria-describedby', card.id);
    const at = link.getBoundingClientRect();
    const size = card.getBoundingClientRect();
    const below = at.bottom + size.height < innerHeight || at.top < size.height;
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - size.width - 8));
    card.style.left = `${left + scrollX}px`;
    card.style.top = `${(below ? at.bottom : at.top - size.height) + scrollY}px`;
  };

  const enter = (event) => {
    const link = mentionOf(event.target);
    if (card && event.target instanceof Element && (card.contains(event.target) || link === mention)) {
      clearTimeout(timer);
      return;
    }
    if (!link || link === mention) return;
    close();
    timer = setTimeout(open, WAIT, link);
  };

  const leave = (event) => {
    const to = event.relatedTarget;
    if (to instanceof Element && card && (card.contains(to) || mention.contains(to))) return;
    if (mention && mention === document.activeElement && event.type === 'mouseout') return;
    clearTimeout(timer);
    timer = setTimeout(close, LINGER);
  };

  document.addEventListener('mouseover', enter);
  document.addEventListener('focusin', enter);
  document.addEventListener('mouseout', leave);
  document.addEventListener('focusout', leave);
  addEventListener('resize', close);
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !card) return;
    event.preventDefault();
    close();
  });
})();
