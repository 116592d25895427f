// What the parts of the discussion's script share.
const find = (query, where = document) => where.querySelector(query);
const all = (query, where = document) => [...where.querySelectorAll(query)];
const on = (kind, run, where = document) => where.addEventListener(kind, run);
const isPlain = event => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
// An element: tag and classes, as selectors have them; then what is in it, and objects of properties.
const make = (kind, ...inside) => {
  const [tag, ...classes] = kind.split('.'), made = document.createElement(tag);
  made.classList.add(...classes);
  for (const one of inside) one.at || one.append ? made.append(one) : Object.assign(made, one);
  return made;
};
const button = (words, onclick) => make('button.second', { type: 'button', onclick }, words);

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
