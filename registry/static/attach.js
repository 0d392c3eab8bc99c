// Files dropped on the field that takes them, and what is too much told before it is sent.
(() => {
  const shown = (size) => size < 1024 * 1024 ? `${Math.ceil(size / 1024)} KB`
    : `${(size / 1024 / 1024).toFixed(1).replace('.0', '')} MB`;

  for (const zone of document.querySelectorAll('[data-drop]')) {
    const input = zone.querySelector('input[type="file"]');
    const told = zone.parentElement.querySelector('.drop-chosen');
    const most = { size: +zone.dataset.size, files: +zone.dataset.files, together: +zone.dataset.together };
    zone.querySelector('.drop-here').hidden = false;

    const problems = (files) => {
      const found = [];
      if (files.length > most.files) {
        found.push(`一度に添付できるのは${most.files}個までです（${files.length}個選ばれました）。`);
      }
      for (const file of files) {
        if (file.size > most.size) found.push(`「${file.name}」は大きすぎます（${shown(file.size)}）。`);
        if (!file.size) found.push(`「${file.name}」は中身が空です。`);
      }
      const together = files.reduce((sum, file) => sum + file.size, 0);
      if (together > most.together) found.push(`合わせて${shown(most.together)}までです（${shown(together)}）。`);
      return found;
    };

    const tell = () => {
      const files = [...input.files], wrong = problems(files);
      input.setCustomValidity(wrong.join('\n'));
      const list = document.createElement('ul');
      const line = (text, kind) => {
        const item = document.createElement('li');
        item.textContent = text;
        if (kind) item.className = kind;
        list.append(item);
      };
      for (const text of wrong.slice(0, 20)) line(text, 'drop-wrong');
      for (const file of files.slice(0, 20)) line(`${file.name}（${shown(file.size)}）`);
      if (files.length > 20) line(`ほか${files.length - 20}個`);
      told.replaceChildren(...(files.length ? [list] : []));
    };

    input.addEventListener('change', tell);
    for (const name of ['dragenter', 'dragover']) {
      zone.addEventListener(name, (event) => {
        event.preventDefault();
        zone.classList.add('drop-over');
      });
    }
    zone.addEventListener('dragleave', () => zone.classList.remove('drop-over'));
    zone.addEventListener('drop', (event) => {
      event.preventDefault();
      zone.classList.remove('drop-over');
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      tell();
    });
    // What the server would refuse after minutes of sending is not sent.
    input.form.addEventListener('submit', (event) => {
      if (input.validity.valid) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      input.focus();
    });
    // A page that comes back from the browser's memory may hold files again.
    window.addEventListener('pageshow', tell);
  }
})();
