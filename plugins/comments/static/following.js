// What is new since the last visit, the way from one new comment to the next, and how long ago.
(() => {
'use strict';
const section = document.querySelector('#comments');
const all = section ? [...section.querySelectorAll('.comment')] : [];
if (!all.length) return;

// Ids, and no times: a reply that waited for the author is new when it appears.
const key = `seen ${location.pathname}`;
let known;
try { known = JSON.parse(localStorage.getItem(key)); } catch { /* forbidden, or not ours */ }
const fresh = Array.isArray(known) ? all.filter(one => !known.includes(one.id)) : [];
let at = -1;
const next = () => {
  at = (at + 1) % fresh.length;
  for (let up = fresh[at].closest('details'); up; up = up.parentNode.closest('details')) up.open = true;
  fresh[at].tabIndex = -1;
  fresh[at].focus({ preventScroll: true });
  fresh[at].scrollIntoView({ block: 'center' });
};
const element = (tag, name, words) =>
  Object.assign(document.createElement(tag), { className: name, textContent: words });
if (fresh.length) {
  for (const one of fresh) one.querySelector('header')?.append(element('span', 'new', translate('new')));
  const news = element('p', 'news', translateCount(
    '%(n)s new since your last visit', '%(n)s new since your last visit', fresh.length) + ' ');
  const button = element('button', 'second', fresh.length > 1 ? translate('Next new') : translate('Show it'));
  button.type = 'button';
  button.title = translate('Key: n');
  button.onclick = next;
  news.append(button);
  section.querySelector('header').append(news);
  document.addEventListener('keydown', event => {
    const busy = event.target.closest('input, textarea, select, [contenteditable]');
    if (event.key === 'n' && !busy && !event.ctrlKey && !event.metaKey && !event.altKey) next();
  });
}
new IntersectionObserver((entries, observer) => {
  if (!entries.some(entry => entry.isIntersecting)) return;
  observer.disconnect();
  try { localStorage.setItem(key, JSON.stringify(all.map(one => one.id))); } catch { /* full */ }
}).observe(section);

// Of the last week, how long ago; the exact time stays at hand.
let ago;
try {
  ago = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });
} catch { return; }
for (const time of section.querySelectorAll('.when time')) {
  const days = (Date.parse(time.dateTime) - Date.now()) / 864e5;
  if (!(days > -7 && days <= 0)) continue;
  time.title = time.textContent;
  const [size, unit] = days > -1 / 24 ? [1440, 'minute'] : days > -1 ? [24, 'hour'] : [1, 'day'];
  time.textContent = ago.format(Math.ceil(days * size), unit);
}
})();
