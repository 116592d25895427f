// The reply form in place: moved, previewed, sent. Without this it is a plain form.
export default (find, all, on, isPlain, make, button, keep, kept, LINKS, form) => {
const section = find('#respond');
const rendered = innerHTML => make('div.words', { dir: 'auto', innerHTML }); // sanitised by the desk
const field = name => form.elements[name];
const hidden = name => {
  if (!field(name)) form.append(make('input', { type: 'hidden', name }));
  return field(name);
};
// Reply links lead to a form of the desk's own, and say there what is answered.
const answered = link => new URL(link.href).searchParams.get('to');
const linkTo = id => all(LINKS).find(link => answered(link) === id);

const desk = new URL(form.getAttribute('action'), document.baseURI).href;
const text = field('text'), remember = hidden('remember'), to = hidden('in_reply_to');
const key = hidden('key'), stamp = hidden('stamp');
const title = find('#reply', section), heading = title.textContent;
const send = find('[type=submit]', form), label = send.textContent, row = send.parentNode;
// Says what happens to who doesn't see it, and stands where the form is at home.
const status = make('p', { role: 'status', style: 'position:absolute;clip-path:inset(50%)' });
section.before(status);
let who = '', busy, timer, preview, thanks;
const say = words => { status.textContent = words; };

const door = part => desk.replace(/\/*$/, part);
// Ask the desk: [status, JSON]; [0] where there is no such answer in 15 seconds.
const ask = async (url, fields) => {
  const body = JSON.stringify(fields), signal = AbortSignal.timeout(15e3), json = 'application/json';
  const post = body && { method: 'POST', headers: { 'Content-Type': json }, body };
  try {
    const answer = await fetch(url, { headers: { Accept: json }, ...post, signal });
    return [answer.status, await answer.json()];
  } catch { return [0]; }
};
const newStamp = async () => {
  stamp.value = '';
  stamp.value = (await ask(door('/stamp')))[1]?.stamp || ''; // else it is sent without
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
    .map((part, at) => at % 2 ? make('bdi', name) : part) : [heading]);
  cancel.hidden = !id;
  if (link) link.closest('article').append(section);
  else if (status.nextSibling !== section) status.after(section); // who types there goes on typing
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
  if (inside.length) row.before(make('div.notice.wide', { role: 'alert' }, ...inside));
};
const show = errors => {
  let first;
  for (const control of form.elements) {
    const what = errors[control.name];
    if (!what || control.type === 'hidden' || control.closest('[hidden]')) continue;
    delete errors[control.name];
    control.mend?.();
    const others = control.getAttribute('aria-describedby') || '', id = `reply-wrong-${control.name}`;
    const mark = make('strong.wrong', { role: 'alert', id }, what);
    const say = (invalid, by) => {
      control.ariaInvalid = invalid;
      control.setAttribute('aria-describedby', by);
    };
    control.parentNode.append(mark);
    say(true, `${id} ${others}`);
    control.mend = () => { mark.remove(); say(false, others); };
    first ||= control;
  }
  tell(...Object.values(errors).map(what => make('p', what)));
  (first || send).focus();
};

const look = async () => {
  if (!text.value.trim()) return show({ text: translate('There are no words in it yet.') });
  const [code, data] = await ask(door('/preview'), { text: text.value });
  if (data?.errors) return show(data.errors);
  if (code !== 200) return tell(make('p', translate('There is no preview just now.')));
  preview?.remove();
  preview = make('section.preview.wide', { ariaLabel: translate('Preview') },
    make('h4', translate('Preview')), rendered(data.html));
  row.after(preview);
  preview.scrollIntoView({ block: 'nearest' });
  say(translate('The preview is below.'));
};

// Put a reply where it will stand; false where that is another page.
const stand = (item, id) => {
  const above = linkTo(id)?.closest('li');
  if (id ? !above : find('#comments a[rel=next]')) return false;
  let list = above ? find(':scope>.branch>.replies', above) : find('#comments .thread');
  if (above?.matches('li '.repeat(form.dataset.maxDepth || 5))) list = above.parentNode;
  if (!list) {
    list = make(above ? 'ol.replies' : 'ol.thread');
    above ? above.append(make('details.branch', { open: true },
      make('summary', translateCount('%(n)s answer', '%(n)s answers', 1)), list)) : status.before(list);
  }
  list[above || form.dataset.newestFirst == null ? 'append' : 'prepend'](item);
  return true;
};

// One's own reply, as it will look.
const itemOf = ({ name, state, html, status }) => make('li.mine', make('article.comment',
  make('header',
    make('span.initial', { ariaHidden: true }, name.trim()[0].toUpperCase()),
    make('h3.who', make('bdi.p-author', name)),
    make('p.when', make('a', { href: new URL(status, desk) },
      state === 'approved' ? translate('published just now') : translate('waits for the author')))),
  rendered(html)));

const thank = (sent, data) => {
  const waits = data.state !== 'approved', item = itemOf({ ...sent, ...data });
  if (waits) keep(mine, [...kept(mine) || [], data.status]);
  const hello = make('h3', { tabIndex: -1 }, translate('Thank you'));
  const said = waits ? translate('Your reply is kept, and waits for the author.')
    : translate('Your reply is published.');
  thanks = make('section.reply-form.thanks', hello,
    make('p', said, ' ', make('a', { href: new URL(data.status, desk) },
      translate('Change or withdraw it'))),
    make('p.send', button(translate('Write another reply'), () => { open(); text.focus(); })));
  section.before(thanks);
  if (!stand(item, sent.in_reply_to)) thanks.append(make('ol.thread', item));
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
  const again = make('button', translate('Try again'));
  const where = stored ? translate('Your words are kept in this browser.')
    : translate('Your words are still in the form.');
  tell(make('p', translate('Your reply could not be sent.'), ' ', where),
    make('p.send', again,
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
  const [code, data] = await ask(desk, sent);
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
  say(`${title.textContent}. ${translate('Escape cancels.')}`);
});
on('pagehide', () => timer && save(), window);
on('storage', event => { // sent from another tab
  if (event.key === slot && !event.newValue) key.value = '';
}, window);

const peek = find('[value=preview]', form)
  || make('button.second', { formNoValidate: true }, translate('Preview'));
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
  form.prepend(make('p.notice.wide', translate('Your draft was kept in this browser. Here it is.')));
} else { // a draft may be sent at once; a stamp would make that look like a robot's speed
  form.contains(document.activeElement) ? newStamp() : form.addEventListener('focusin', newStamp, { once: true });
}

// What this browser's reader has sent and isn't on the page yet, as the desk has it now.
(async () => {
  const waiting = [];
  for (const place of kept(mine) || []) {
    const [code, data] = await ask(new URL(place, desk));
    const waits = data?.state === 'pending';
    if (waits || data?.state === 'approved' && !document.getElementById(`comment-${data.id}`)) {
      stand(itemOf(data), data.in_reply_to);
    }
    if (waits || !/200|404/.test(code)) waiting.push(place);
  }
  keep(mine, waiting[0] && waiting);
})();
};
