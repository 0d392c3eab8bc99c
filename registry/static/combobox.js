// A text field that suggests while one types: an editable combobox with a listbox, by the ARIA practices.
import Combobox from './vendor/combobox-nav.js';

const PAUSE = 120;
let made = 0;

// `ask(text)` resolves to [{value, label, hint}], `choose(option)` takes the one that is pressed. `empty`: there is
// something to suggest with nothing typed, `atOnce` as soon as one is there; `submits`: Enter sends what was typed.
export default class Suggesting {
  constructor(input, { ask, choose, name, empty = false, atOnce = false, submits = false }) {
    Object.assign(this, { input, ask, choose, empty, submits, open: false, asked: 0, options: [] });
    this.frame = document.createElement('span');
    this.frame.className = 'suggesting';
    const focused = document.activeElement === input;
    input.replaceWith(this.frame);
    this.list = document.createElement('ul');
    this.list.className = 'suggestions';
    this.list.id = `suggestions-${made += 1}`;
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', `${name}の候補`);
    this.list.hidden = true;
    this.told = document.createElement('span');
    this.told.className = 'hidden-text';
    this.told.setAttribute('role', 'status');
    this.frame.append(input, this.list, this.told);
    if (focused) input.focus();
    input.autocomplete = 'off';
    this.keys = new Combobox(input, this.list, { tabInsertsSuggestions: false });

    input.addEventListener('input', () => this.later());
    input.addEventListener('keydown', (event) => this.key(event));
    input.addEventListener('focus', () => { if (atOnce && !input.value.trim()) this.find(); });
    input.addEventListener('click', () => { if (empty && !this.open) this.find(); });
    input.addEventListener('blur', () => this.close());
    // the field keeps the focus while an option is pressed
    this.list.addEventListener('mousedown', (event) => event.preventDefault());
    this.list.addEventListener('combobox-commit', (event) => {
      const option = this.options[[...this.list.children].indexOf(event.target)];
      this.close();
      if (option) this.choose(option);
    });
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === 'ArrowDown' && !this.open) {
      event.preventDefault();
      this.find();
    } else if (event.key === 'Escape' && this.open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === 'Enter' && this.open && !this.submits && !this.list.querySelector('[aria-selected]')) {
      // the form is not sent while one chooses
      event.preventDefault();
      if (this.options.length === 1) this.list.firstChild.click();
      else this.close();
    }
  }

  later() {
    this.asked += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), PAUSE);
  }

  async find() {
    clearTimeout(this.timer);
    const asked = this.asked += 1;
    let options = [];
    try {
      if (this.empty || this.input.value.trim()) options = await this.ask(this.input.value);
    } catch {
      // without an answer the field is a plain one
      options = null;
    }
    // what was asked for is no longer wanted where more was typed or the field left
    if (asked !== this.asked || document.activeElement !== this.input) return;
    this.show(options);
  }

  show(options) {
    this.close();
    this.options = options || [];
    this.list.replaceChildren(...this.options.map((option, place) => {
      const item = document.createElement('li');
      item.id = `${this.list.id}-${place}`;
      item.setAttribute('role', 'option');
      item.append(option.label);
      if (option.hint) {
        const hint = document.createElement('small');
        hint.textContent = option.hint;
        item.append(' ', hint);
      }
      return item;
    }));
    if (options && (this.input.value.trim() || options.length)) {
      this.told.textContent = options.length ? `候補 ${options.length}件` : '候補はありません';
    }
    if (!this.options.length) return;
    this.open = true;
    this.list.hidden = false;
    this.keys.start();
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.told.textContent = '';
    if (!this.open) return;
    this.open = false;
    this.keys.stop();
    this.list.hidden = true;
  }
}

// Return what the server suggests; `asked` are the words of the query.
export async function suggestions(asked) {
  const answer = await fetch(`/suggestions?${new URLSearchParams(asked)}`, { headers: { Accept: 'application/json' } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  return (await answer.json()).groups;
}
