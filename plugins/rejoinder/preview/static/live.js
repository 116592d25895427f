// In `serve` alone: a page that changed is loaded again where one was on it, a stylesheet without
// that, and what a build failed of is shown until it is mended.
(() => {
'use strict';
const place = '/_preview/', page = document.currentScript.dataset.page;
const here = location.pathname + location.search, slot = `preview ${here}`;
const make = (tag, attributes, ...inside) => {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...inside);
  return made;
};

// Where one is on a page, said in a way that holds when it changes: by the nearest id before it.
const named = element => {
  const holder = element.closest('[id]');
  const all = [...(holder || document).querySelectorAll(element.localName)];
  return [holder ? holder.id : '', element.localName, holder === element ? -1 : all.indexOf(element)];
};
const find = ([id, kind, at]) => {
  const holder = id ? document.getElementById(id) : document;
  return holder && (at < 0 ? holder : holder.querySelectorAll(kind)[at]);
};
const fields = () => [...document.querySelectorAll('input, textarea, select')]
  .filter(one => !['hidden', 'password', 'file', 'submit', 'button'].includes(one.type));
const isChosen = one => one.type === 'checkbox' || one.type === 'radio';

const keep = () => {
  const above = [...document.querySelectorAll('main [id]')]
    .filter(one => one.offsetParent && one.getBoundingClientRect().top <= 1).pop();
  const active = document.activeElement;
  const kept = {
    above: above && [above.id, above.getBoundingClientRect().top], y: scrollY, x: scrollX,
    open: [...document.querySelectorAll('details')].map(one => [named(one), one.open]),
    fields: fields().map(one => [named(one), isChosen(one) ? one.checked : one.value]),
    active: active && active !== document.body && named(active),
    range: active && 'selectionStart' in active && [active.selectionStart, active.selectionEnd],
  };
  try { sessionStorage.setItem(slot, JSON.stringify(kept)); } catch { /* then it begins above */ }
};

const restore = kept => {
  for (const [name, open] of kept.open) {
    const one = find(name);
    if (one && one.open !== open) one.open = open;
  }
  for (const [name, value] of kept.fields) {
    const one = find(name);
    if (!one || (isChosen(one) ? one.checked : one.value) === value) continue;
    one[isChosen(one) ? 'checked' : 'value'] = value;
    one.dispatchEvent(new Event('input', { bubbles: true }));
  }
  const active = kept.active && find(kept.active);
  if (active && active !== document.activeElement) {
    active.focus({ preventScroll: true });
    if (kept.range && kept.range[0] !== null) active.setSelectionRange(...kept.range);
  }
  const above = kept.above && document.getElementById(kept.above[0]);
  scrollTo({
    left: kept.x, behavior: 'instant',
    top: above ? scrollY + above.getBoundingClientRect().top - kept.above[1] : kept.y,
  });
};

let before;
try { before = JSON.parse(sessionStorage.getItem(slot)); sessionStorage.removeItem(slot); } catch { /* none */ }
if (before) {
  // Other scripts have done theirs by then; pictures have their heights when all is loaded.
  addEventListener('DOMContentLoaded', () => restore(before));
  addEventListener('load', () => {
    restore(before);
    setTimeout(() => { history.scrollRestoration = 'auto'; }, 500);
  });
}

const exchange = sheets => {
  const links = [...document.querySelectorAll('link[rel=stylesheet]')]
    .filter(link => !link.getAttribute('href').startsWith(place));
  if (links.length !== sheets.length) return again();
  links.forEach((link, at) => {
    if (link.getAttribute('href') === sheets[at]) return;
    const next = link.cloneNode();
    next.href = sheets[at];
    next.onload = next.onerror = () => link.remove();
    link.after(next);
  });
};
const again = () => {
  keep();
  history.scrollRestoration = 'manual'; // or the browser goes to where that was on the page of before
  location.reload();
};
const follow = async () => {
  const answer = await fetch(`${place}page?at=${encodeURIComponent(here)}`);
  const now = await answer.json();
  now.page === page ? exchange(now.sheets) : again();
};

// What a build failed of, over the page as it was before; what it warned of, in a corner.
const item = ({ where, line, what, lines }) => make('li', {},
  ...where ? [make('p', { class: 'where' }, line ? `${where}:${line}` : where)] : [],
  make('p', {}, what),
  ...lines.length ? [make('pre', { tabindex: '0' }, ...lines.map(([number, text]) =>
    make('span', number === line ? { class: 'here' } : {}, `${String(number).padStart(4)}  ${text}\n`)))] : []);
const title = ({ errors, notes }) => errors.length
  ? errors.length > 1 ? `${errors.length} errors: the last build failed` : 'The last build failed'
  : notes.length > 1 ? `${notes.length} notes of the last build` : 'A note of the last build';
const overlay = make('dialog', { id: 'preview-overlay', 'aria-labelledby': 'preview-title' });
const badge = make('button', { id: 'preview-badge', type: 'button' });
badge.onclick = () => overlay.showModal();
const show = state => {
  const { errors, notes } = state, all = errors.length ? errors : notes;
  if (!all.length) {
    overlay.close();
    overlay.remove();
    badge.remove();
    return;
  }
  const shut = make('button', { type: 'button', autofocus: '' }, 'Show the page');
  shut.onclick = () => overlay.close();
  overlay.className = errors.length ? 'errors' : '';
  overlay.replaceChildren(
    make('h2', { id: 'preview-title' }, title(state)),
    ...errors.length ? [make('p', {}, 'This goes when it is mended. Below it is the page as it was before.')] : [],
    make('ul', {}, ...all.map(item)), make('p', {}, shut));
  badge.className = overlay.className;
  badge.textContent = errors.length ? `${errors.length} to mend` : `${notes.length} to note`;
  if (!overlay.isConnected) document.body.append(overlay, badge);
  if (!errors.length) overlay.close();
  else if (!overlay.open) overlay.showModal();
};

let last = Promise.resolve();
new EventSource(`${place}events`).onmessage = event => {
  const state = JSON.parse(event.data);
  show(state);
  last = last.then(follow).catch(() => { /* the server has gone; it tells when it is back */ });
};
})();
