// The fields of a form that name other records: each finds them while one types, lists by their words.
import Suggesting, { suggestions } from './combobox.js';

const fold = (text) => text.normalize('NFKC').toLowerCase()
  .replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
const labelOf = (id) => document.querySelector(`label[for="${CSS.escape(id)}"]`);
const wordsOf = (label) => (label ? label.firstChild.textContent.trim() : '');

// A number is typed, or found by its name; of several numbers the last one.
function findNumber(input) {
  const several = input.hasAttribute('data-several');
  const field = input.closest('.field');
  const start = () => (several ? Math.max(...[...';；、\n'].map((each) => input.value.lastIndexOf(each))) + 1 : 0);
  let told = field.querySelector('.echo');
  const known = new Map();
  const tell = () => {
    const numbers = several ? input.value.split(/[;；、\n]/) : [input.value];
    const words = numbers.map((each) => known.get(each.trim())).filter(Boolean);
    if (told) told.textContent = words.length ? `＝ ${words.join('、')}` : '';
  };

  new Suggesting(input, {
    name: wordsOf(labelOf(input.id)),
    ask: async (text) => {
      const q = text.slice(start()).trim();
      if (!q) return [];
      return (await suggestions({ q, noun: input.dataset.find })).flatMap((group) => group.options);
    },
    choose: (option) => {
      known.set(option.value, option.label);
      input.value = input.value.slice(0, start()) + option.value + (several ? ';' : '');
      if (!told) {
        told = document.createElement('p');
        told.className = 'echo';
        field.append(told);
      }
      tell();
      input.dispatchEvent(new Event('change', { bubbles: true }));
    },
  });
  input.addEventListener('input', tell);
}

// A list is chosen from by typing a part of its words; what is sent is still the list's own value.
function findInList(select) {
  const label = labelOf(select.id);
  const input = document.createElement('input');
  input.type = 'text';
  for (const { name, value } of [...select.attributes]) {
    if (name === 'id' || name.startsWith('aria-')) input.setAttribute(name, value);
  }
  select.removeAttribute('id');
  const options = [...select.options].map((option) => ({
    value: option.value, label: option.text, found: fold(option.text) }));
  const blank = options.find((option) => !option.value);
  if (blank) input.placeholder = blank.label;
  const chosen = () => options.find((option) => option.value === select.value);
  const tell = () => { input.value = select.value ? chosen().label : ''; };
  const take = (option) => {
    if (select.value !== option.value) {
      select.value = option.value;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }
    tell();
  };

  select.before(input);
  select.hidden = true;
  tell();
  new Suggesting(input, {
    name: wordsOf(label),
    empty: true,
    ask: (text) => {
      const words = chosen() && text === chosen().label ? [] : fold(text).split(/\s+/).filter(Boolean);
      return options.filter((option) => option.value && words.every((word) => option.found.includes(word)));
    },
    choose: take,
  });
  input.addEventListener('focus', () => input.select());
  // typed without pressing one: the only one so called, or what stood before
  input.addEventListener('change', () => {
    const text = fold(input.value).trim();
    if (!text && blank) return take(blank);
    const exact = options.filter((each) => each.value && [fold(each.value), each.found].includes(text));
    const named = options.filter((each) => each.value && each.found.split(' ').slice(1).join(' ') === text);
    const within = options.filter((each) => each.value && each.found.includes(text));
    const only = [exact, named, within].find((found) => found.length === 1);
    return only ? take(only[0]) : tell();
  });
  select.form.addEventListener('reset', () => setTimeout(tell));
}

for (const field of document.querySelectorAll('input[data-find], textarea[data-find]')) findNumber(field);
for (const select of document.querySelectorAll('select[data-find]')) findInList(select);
