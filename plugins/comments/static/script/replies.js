// The reply form in place: moved, previewed, sent. Without this it is a plain form.
const discussion = document.querySelector('#comments');
const [find, all, on, isPlain, make, button, keep, kept] = discussion.kit;
const section = find('#respond'), form = find('form', section);
const rendered = innerHTML => // sanitised by the desk
  Object.assign(make('div', { class: 'words', dir: 'auto' }), { innerHTML });
const field = name => form.elements.namedItem(name);
const hidden = name => {
  if (!field(name)) form.append(make('input', { type: 'hidden', name }));
  return field(name);
};
// Reply links lead to a form of the desk's own, and say there what is answered.
const LINKS = '.answer a, [data-reply-to]';
const answered = link => new URL(link.href).searchParams.get('to');
const linkTo = id => id && all(LINKS).find(link => answered(link) === id);

const desk = new URL(form.getAttribute('action'), document.baseURI);
const text = field('text'), remember = hidden('remember'), to = hidden('in_reply_to');
const key = hidden('key'), stamp = hidden('stamp');
const title = find('#reply', section), heading = title.textContent;
const send = find('[type=submit]', form), label = send.textContent, row = send.parentNode;
const home = document.createComment(''), status = make('p', { role: 'status' });
status.style.cssText = 'position:absolute;clip-path:inset(50%)';
section.before(status, home);
let who = '', busy, timer, preview, thanks;
const say = words => { status.textContent = words; };

const door = part => {
  const url = new URL(desk);
  url.pathname = url.pathname.replace(/\/*$/, part);
  return url;
};
// Ask the desk: [status, JSON]. Rejects where there is no such answer in 15 seconds.
const ask = async (url, fields) => {
  const stop = new AbortController(), body = JSON.stringify(fields);
  const late = setTimeout(() => stop.abort(), 15e3);
  const json = 'application/json', post = { method: 'POST', headers: { 'Content-Type': json }, body };
  try {
    const answer = await fetch(url, { headers: { Accept: json }, ...body && post, signal: stop.signal });
    return [answer.status, await answer.json()];
  } finally { clearTimeout(late); }
};
const newStamp = async () => {
  stamp.value = '';
  try { stamp.value = (await ask(door('/stamp')))[1].stamp || ''; } catch { /* sent without */ }
};

// What this browser keeps. Storage may be full or forbidden.
const slotOfMe = `reply ${desk}`, slot = `${slotOfMe} ${hidden('thread').value}`, mine = `mine ${slot}`;
const save = () => {
  timer = clearTimeout(timer);
  key.value ||= crypto.getRandomValues(new Uint32Array(4)).join('-');
  if (remember.checked) {
    keep(slotOfMe, Object.fromEntries(['name', 'email', 'url'].map(n => [n, hidden(n).value])));
  }
  return keep(slot, text.value.trim() && { text: text.value, to: to.value, who, key: key.value });
};
const saveSoon = () => { clearTimeout(timer); timer = setTimeout(save, 400); };

// The form goes below the comment that it answers, or home.
const aim = (id, name) => {
  const link = linkTo(id);
  to.value = id;
  who = name;
  title.replaceChildren(...id ? translate('Reply to %(name)s').split(/(%.*s)/)
    .map((part, at) => at % 2 ? make('bdi', {}, name) : part) : [heading]);
  cancel.hidden = !id;
  if (link) link.closest('article').append(section);
  else if (home.nextSibling !== section) home.after(section); // who types there goes on typing
};
const goHome = () => {
  if (busy) return;
  const link = linkTo(to.value);
  aim('', '');
  saveSoon();
  (link || text).focus();
  say(translate('Cancelled.'));
};
const cancel = button(translate('Cancel'), goHome);

// What is wrong stands beside its field; where that isn't seen, above the button.
const tell = (...inside) => {
  for (const note of all('.notice', form)) note.remove();
  if (inside.length) row.before(make('div', { class: 'notice wide', role: 'alert' }, ...inside));
};
const show = errors => {
  let first;
  for (const control of form.elements) {
    const what = errors[control.name];
    if (!what || control.type === 'hidden' || control.closest('[hidden]')) continue;
    delete errors[control.name];
    control.mend?.();
    const others = control.getAttribute('aria-describedby') || '', id = `reply-wrong-${control.name}`;
    const mark = make('strong', { class: 'wrong', role: 'alert', id }, what);
    const say = (invalid, by) => {
      control.setAttribute('aria-invalid', invalid);
      control.setAttribute('aria-describedby', by);
    };
    control.parentNode.append(mark);
    say(true, `${id} ${others}`);
    control.mend = () => { mark.remove(); say(false, others); };
    first ||= control;
  }
  tell(...Object.values(errors).map(what => make('p', {}, what)));
  (first || send).focus();
};

const look = async () => {
  if (!text.value.trim()) return show({ text: translate('There are no words in it yet.') });
  const [code, data] = await ask(door('/preview'), { text: text.value }).catch(() => [0]);
  if (data?.errors) return show(data.errors);
  if (code !== 200) return tell(make('p', {}, translate('There is no preview just now.')));
  preview?.remove();
  preview = make('section', { class: 'preview wide', 'aria-label': translate('Preview') },
    make('h4', {}, translate('Preview')), rendered(data.html));
  row.after(preview);
  preview.scrollIntoView({ block: 'nearest' });
  say(translate('The preview is below.'));
};

// Put a reply where it will stand; false where that is another page.
const stand = (item, id) => {
  const link = linkTo(id), above = link && link.closest('li');
  if (id ? !above : find('#comments a[rel=next]')) return false;
  let list = above ? find(':scope > .branch > .replies', above) : find('#comments .thread'), depth = 0;
  for (let at = above; at; at = at.parentNode.closest('li')) depth += 1;
  if (depth >= (form.dataset.maxDepth || 5)) list = above.parentNode;
  if (!list) {
    list = make('ol', { class: above ? 'replies' : 'thread' });
    above ? above.append(make('details', { class: 'branch', open: '' },
      make('summary', {}, translateCount('%(n)s answer', '%(n)s answers', 1)), list)) : home.before(list);
  }
  list[above || form.dataset.newestFirst == null ? 'append' : 'prepend'](item);
  return true;
};

// One's own reply, as it will look.
const itemOf = ({ name, state, html, status }) => make('li', { class: 'mine' },
  make('article', { class: 'comment' },
    make('header', {},
      make('span', { class: 'initial', 'aria-hidden': 'true' }, (name.trim()[0] || '?').toUpperCase()),
      make('h3', { class: 'who' }, make('bdi', { class: 'p-author' }, name)),
      make('p', { class: 'when' }, make('a', { href: new URL(status, desk) },
        state === 'approved' ? translate('published just now') : translate('waits for the author')))),
    rendered(html)));

const thank = (sent, data) => {
  const waits = data.state !== 'approved', item = itemOf({ ...sent, ...data });
  if (waits) keep(mine, [...kept(mine) || [], data.status]);
  const hello = make('h3', { tabindex: '-1' }, translate('Thank you'));
  const said = waits ? translate('Your reply is kept, and waits for the author.')
    : translate('Your reply is published.');
  thanks = make('section', { class: 'reply-form thanks' }, hello,
    make('p', {}, said, ' ', make('a', { href: new URL(data.status, desk) },
      translate('You can change or withdraw it here.'))),
    make('p', { class: 'send' }, button(translate('Write another reply'), () => { open(); text.focus(); })));
  section.before(thanks);
  if (!stand(item, sent.in_reply_to)) thanks.append(make('ol', { class: 'thread' }, item));
  timer = clearTimeout(timer);
  keep(slot);
  text.value = key.value = '';
  preview?.remove();
  aim('', '');
  section.hidden = true;
  hello.focus();
  say(said);
};
const open = () => {
  thanks?.remove();
  section.hidden = false;
};

const fail = stored => {
  const again = make('button', { type: 'submit' }, translate('Try again'));
  const where = stored ? translate('Your words are kept in this browser.')
    : translate('Your words are still in the form.');
  tell(make('p', {}, translate('Your reply could not be sent.'), ' ', where),
    make('p', { class: 'send' }, again,
      button(translate('Send as a plain form'), () => HTMLFormElement.prototype.submit.call(form))));
  again.focus();
};

form.onsubmit = async event => {
  const by = event.submitter;
  if (by?.name && by !== peek) return save(); // who signs in leaves this page
  event.preventDefault();
  if (busy) return;
  if (by === peek) return look();
  const stored = save(), sent = Object.fromEntries(new FormData(form));
  const work = on => {
    busy = send.disabled = text.readOnly = on;
    say(on ? translate('Sending…') : '');
    send.textContent = status.textContent || label;
  };
  for (const control of form.elements) control.mend?.();
  tell();
  work(true);
  const [code, data] = await ask(desk, sent).catch(() => [0]);
  const errors = code >= 400 && code < 500 && data?.errors;
  if (errors?.stamp) await newStamp();
  work(false);
  if (code === 201) thank(sent, data);
  else if (errors) show(errors);
  else fail(stored);
};
form.onkeydown = event => {
  if (event.key === 'Escape' && !event.isComposing && to.value) goHome();
};
form.oninput = ({ target }) => {
  target.mend?.();
  saveSoon();
  if (target === remember && !remember.checked) keep(slotOfMe);
};

// Words that are selected in the comment that one answers are quoted. A click takes the selection away
// before it is one; so it is read when the pointer goes down, or a key.
let picked, offered;
const pick = () => {
  const picked = getSelection(), at = picked.anchorNode, said = `${picked}`.trim();
  const words = (at?.closest ? at : at?.parentNode)?.closest('.words');
  return said && words?.innerText.includes(said) ? [find(LINKS, words.parentNode), said] : [];
};
for (const kind of ['pointerdown', 'keydown']) on(kind, () => { picked = pick(); });
const offer = () => {
  const [link] = pick();
  if (link === offered) return;
  if (offered) offered.textContent = offered.was;
  offered = link;
  if (link) {
    link.was = link.textContent;
    link.textContent = translate('Reply, and quote this');
  }
};
on('selectionchange', offer);
offer();
on('click', event => {
  const link = event.target.closest(LINKS);
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  if (busy) return;
  open();
  aim(answered(link), find('.p-author', link.closest('article')).textContent);
  if (picked?.[0] === link) {
    const quoted = picked[1].replace(/^/gm, '> ').replace(/ +$/gm, '');
    text.value = `${text.value.trimEnd()}\n\n${quoted}\n\n`.trimStart();
  }
  saveSoon();
  text.focus();
  say(translate('You answer %(who)s. Escape cancels.', { who }));
});
addEventListener('pagehide', () => timer && save());
addEventListener('storage', event => { // sent from another tab
  if (event.key === slot && !event.newValue) key.value = '';
});

const peek = find('[value=preview]', form)
  || make('button', { class: 'second', formnovalidate: '' }, translate('Preview'));
send.after(' ', peek, ' ', cancel);
const me = kept(slotOfMe);
for (const name in me) {
  remember.checked = true;
  hidden(name).value ||= me[name];
}
let draft = kept(slot);
if (text.value && text.value !== draft.text) {
  draft = 0;
  saveSoon();
}
aim(draft.to || '', draft.who || '');
if (draft.text) {
  text.value = draft.text;
  key.value = draft.key;
  form.prepend(make('p', { class: 'notice wide' }, translate('Your draft was kept in this browser. Here it is.')));
} else { // a draft may be sent at once; a stamp would make that look like a robot's speed
  const begin = { once: true };
  form.contains(document.activeElement) ? newStamp() : form.addEventListener('focusin', newStamp, begin);
}

// What this browser's reader has sent and isn't on the page yet, as the desk has it now.
(async () => {
  const waiting = [];
  for (const place of kept(mine) || []) {
    const [code, data] = await ask(new URL(place, desk)).catch(() => [0]);
    const waits = data?.state === 'pending';
    if (waits || data?.state === 'approved' && !document.getElementById(`comment-${data.id}`)) {
      stand(itemOf(data), data.in_reply_to);
    }
    if (waits || !/200|404/.test(code)) waiting.push(place);
  }
  keep(mine, waiting[0] && waiting);
})();
