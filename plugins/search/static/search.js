// Searching: the reader's words, the files of the index that hold them, what was found. The format
// is in docs/file-formats.md; words are what plugins/rejoinder/search/words.py says they are.
(() => {
'use strict';
const find = id => document.getElementById(`search-${id}`);
const form = document.querySelector('form[data-index]');
if (!form) return;
const field = form.elements.namedItem('q');
const said = find('said'), list = find('found'), more = find('more'), nothing = find('nothing');
const index = new URL(form.dataset.index, document.baseURI);
const root = new URL(form.dataset.root, document.baseURI);
const AT_ONCE = 8, LONGEST = 240, BEFORE = 70, COMMENTS = 3, PAUSE = 200;
find('unready').hidden = true;

const make = (tag, name, ...inside) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...inside);
  return made;
};
const link = (url, ...inside) => Object.assign(make('a', '', ...inside), { href: new URL(url, root) });
const day = date => new Date(date.slice(0, 10)).toLocaleDateString(
  LANGUAGE, { dateStyle: 'long', timeZone: 'UTC' });

// -- words

const LETTERS = { ß: 'ss', ς: 'σ', ø: 'o', æ: 'ae', œ: 'oe', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };
const OTHERWISE = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');
const RUN = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}\p{M}]+)*/gu;
const UNSPACED = new RegExp('[' + ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map(script => `\\p{Script=${script}}`).join('') + 'ー]+', 'gu');
const fold = word => [...word.toLowerCase().replace(/['’]s$/, '').normalize('NFKD')
  .replace(/[\u0300-\u036f]/g, '').replace(OTHERWISE, letter => LETTERS[letter]).normalize('NFC')
  .replace(/[^\p{L}\p{N}\p{M}]/gu, '')].slice(0, 40).join('');

// The words of a text: [begin, end, word as it is written].
function* written(text) {
  for (const { 0: run, index: at } of text.matchAll(RUN)) {
    let done = 0;
    for (const { 0: part, index: from } of run.matchAll(UNSPACED)) {
      yield [at + done, at + from, run.slice(done, from)];
      const letters = [...part];
      let begin = at + from;
      for (let i = 0; i < Math.max(1, letters.length - 1); i++) {
        const pair = letters.slice(i, i + 2).join('');
        yield [begin, begin + pair.length, pair];
        begin += letters[i].length;
      }
      done = from + part.length;
    }
    yield [at + done, at + run.length, run.slice(done)];
  }
}
const words = text => [...written(text)].map(([a, b, word]) => [a, b, fold(word)]).filter(one => one[2]);

// Whether so few letters differ that it is a slip.
const isSlip = (one, other) => {
  const most = one.length < 6 ? 1 : 2;
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] !== other[j - 1]));
    }
    row = next;
  }
  return row[other.length] <= most;
};

// Those of the known words that a word stands for, and how far each counts: itself, its plural or
// singular, what begins with it; where there is none, what differs by a slip after the beginning.
const meant = (word, least, known) => {
  const begin = word.length > least && /[^s]s$/.test(word) ? word.slice(0, -1) : word;
  const alike = other => other === word || begin.length >= least && other.startsWith(begin);
  let found = known.filter(alike);
  if (!found.length && word.length > least) {
    found = known.filter(other => other.startsWith(word.slice(0, least))
      && (isSlip(word, other) || isSlip(word, other.slice(0, word.length))));
  }
  const share = other => Math.min(other.length, word.length) / Math.max(other.length, word.length);
  return found.map(other => [other, share(other) ** 2]);
};

// -- the index

const loaded = new Map();
const load = path => {
  if (!loaded.has(path)) {
    const answer = fetch(new URL(path, index), { cache: 'no-cache' }).then(response => {
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.json();
    });
    answer.catch(() => loaded.delete(path));
    loaded.set(path, answer);
  }
  return loaded.get(path);
};
const fileOf = (word, { files, beginning }) => {
  let hash = 2166136261;
  for (const letter of [...word].slice(0, beginning)) {
    hash = Math.imul(hash ^ letter.codePointAt(0), 16777619) >>> 0;
  }
  return ((hash ^ hash >>> 16) & (files - 1)) >>> 0;
};

// Posts that hold the words, best first: [number, how many of the words]; and which word of the
// reader's each word of the index stands for.
const search = async text => {
  const [about, fresh] = await Promise.all([load('index.json'), load('fresh.json')]);
  const asked = [...new Set(words(text).map(one => one[2]))].slice(0, 16);
  const parts = await Promise.all(asked.map(word => load(`words/${fileOf(word, about)}.json`)));
  const marks = new Map(), found = new Map();
  asked.forEach((word, at) => {
    const settled = parts[at], sums = new Map();
    const add = (pairs, where, share) => {
      for (let i = 0, number = 0; i < pairs.length; i += 2) {
        number += pairs[i];
        if (!sums.has(number)) sums.set(number, [0, 0]);
        sums.get(number)[where] += pairs[i + 1] * share;
      }
    };
    const known = [...new Set([...Object.keys(settled), ...Object.keys(fresh)])];
    for (const [one, share] of meant(word, about.beginning, known)) {
      if (!marks.has(one) || one === word) marks.set(one, word);
      if (Object.hasOwn(settled, one)) settled[one].forEach((pairs, where) => add(pairs, where, share));
      if (Object.hasOwn(fresh, one)) add(fresh[one], 1, share);
    }
    const rarity = Math.log(1 + (about.posts - sums.size + 0.5) / (sums.size + 0.5));
    for (const [number, [own, comments]] of sums) {
      const often = own / about.scale + Math.min(comments / about.scale, about.most_of_comments);
      const before = found.get(number) || [0, 0];
      found.set(number, [before[0] + 1, before[1] + rarity * often * (about.k1 + 1) / (often + about.k1)]);
    }
  });
  const best = [...found].sort(([a, [hasA, scoreA]], [b, [hasB, scoreB]]) =>
    hasB - hasA || scoreB - scoreA || b - a);
  const isWhole = best.length > 0 && best[0][1][0] === asked.length;
  return { marks, isWhole, best: best.filter(one => !isWhole || one[1][0] === asked.length).map(one => one[0]) };
};

// -- what was found

const hitsIn = (text, marks) => words(text).filter(one => marks.has(one[2]));
const different = (hits, marks) => new Set(hits.map(one => marks.get(one[2]))).size;
const marked = (text, begin, end, hits) => {
  const parts = [];
  let at = begin;
  for (const [from, to] of hits) {
    if (to <= at || to > end) continue;
    parts.push(text.slice(at, Math.max(from, at)), make('mark', '', text.slice(Math.max(from, at), to)));
    at = to;
  }
  return [...parts, text.slice(at, end)];
};
// Where most of the words stand together, with what is around them.
const passage = (text, marks) => {
  const hits = hitsIn(text, marks);
  let first = 0, most = 0;
  hits.forEach(([begin], at) => {
    const near = [];
    for (let i = at; i < hits.length && hits[i][1] <= begin + LONGEST - BEFORE; i++) near.push(hits[i]);
    if (different(near, marks) > most) [first, most] = [at, different(near, marks)];
  });
  let begin = hits.length ? Math.max(0, hits[first][0] - BEFORE) : 0;
  if (begin) begin = Math.min(text.indexOf(' ', begin) + 1 || begin, hits[first][0]);
  let end = Math.min(text.length, begin + LONGEST);
  if (end < text.length) end = Math.max(text.lastIndexOf(' ', end), begin + LONGEST / 2);
  return [begin ? '… ' : '', ...marked(text, begin, end, hits), end < text.length ? ' …' : ''];
};
const result = (post, marks) => {
  const title = make('h2', '', link(post.url, ...marked(post.title, 0, post.title.length, hitsIn(post.title, marks))));
  const item = make('li', '', title);
  if (post.date) item.append(make('p', 'facts', day(post.date)));
  const comments = post.comments
    .map(one => [different([...hitsIn(one[3], marks), ...hitsIn(one[1], marks)], marks), one])
    .filter(one => one[0]).sort((a, b) => b[0] - a[0]).slice(0, COMMENTS);
  if (hitsIn(post.text, marks).length || !comments.length) {
    item.append(make('p', '', ...passage(post.text, marks)));
  }
  if (comments.length) {
    item.append(make('ul', '', ...comments.map(([, [url, author, date, text]]) => make('li', '',
      make('p', 'by', link(url, make('bdi', '', author)), `, ${day(date)}`),
      Object.assign(make('p', '', ...passage(text, marks)), { dir: 'auto' })))));
  }
  return item;
};

let turn = 0, timer, shown = { best: [], marks: new Map() };
const showMore = async (mine, from) => {
  const { best, marks } = shown;
  const posts = await Promise.all(best.slice(from, from + AT_ONCE).map(number => load(`posts/${number}.json`)));
  if (mine !== turn) return;
  if (!from) list.replaceChildren();
  list.append(...posts.map(post => result(post, marks)));
  more.hidden = list.children.length >= best.length;
};
const trouble = () => { said.textContent = translate('The index could not be loaded. Try again in a moment.'); };
const run = async () => {
  clearTimeout(timer);
  const text = field.value.trim(), mine = ++turn, address = new URL(location);
  text ? address.searchParams.set('q', text) : address.searchParams.delete('q');
  history.replaceState(null, '', address);
  try {
    const found = text ? await search(text) : { best: [], marks: new Map() };
    if (mine !== turn) return;
    shown = found;
    await showMore(mine, 0);
    if (mine !== turn) return;
    const number = found.best.length;
    nothing.hidden = !text || number > 0;
    said.textContent = !text ? '' : !number ? translate('Nothing was found for “%(words)s”.', { words: text })
      : found.isWhole ? translateCount('Found in %(n)s post.', 'Found in %(n)s posts.', number)
        : translateCount('No post has all of these words; %(n)s post with some of them.',
          'No post has all of these words; %(n)s posts with some of them.', number);
  } catch { if (mine === turn) trouble(); }
};

form.addEventListener('submit', event => { event.preventDefault(); run(); });
field.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(run, PAUSE); });
more.addEventListener('click', async () => {
  const from = list.children.length;
  try {
    await showMore(turn, from);
    list.children[from]?.querySelector('a').focus();
  } catch { trouble(); }
});
// Down and up go through the results, Escape goes back to the words.
document.addEventListener('keydown', event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const places = [field, ...list.querySelectorAll('h2 a')], at = places.indexOf(document.activeElement);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const place = step ? places[at + step] : event.key === 'Escape' && at ? field : null;
  if (!place) return;
  event.preventDefault();
  place.focus();
});
const query = new URLSearchParams(location.search).get('q');
if (query) { field.value = query; run(); }
})();
