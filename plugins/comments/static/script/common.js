// What the parts of the discussion's script share.
const find = (query, where = document) => where.querySelector(query);
const all = (query, where = document) => [...where.querySelectorAll(query)];
const on = (kind, run) => document.addEventListener(kind, run);
const isPlain = event => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
const make = (tag, attributes, ...inside) => {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...inside);
  return made;
};
const button = (words, onclick) =>
  Object.assign(make('button', { type: 'button', class: 'second' }, words), { onclick });

// What this browser keeps. Storage may be full or forbidden.
const keep = (name, value) => {
  try {
    value ? localStorage.setItem(name, JSON.stringify(value)) : localStorage.removeItem(name);
    return true;
  } catch { return false; }
};
const kept = name => {
  try { return JSON.parse(localStorage.getItem(name)) || 0; } catch { return 0; }
};

const discussion = find('#comments'), list = discussion && find('.thread', discussion);
