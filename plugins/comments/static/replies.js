// The reply form's script. The form works without it; docs/themes.md lists the fields it needs.
(() => {
  'use strict';
  const section = document.getElementById('respond');
  const form = section && section.querySelector('form');
  if (!form) return;

  const field = name => form.elements.namedItem(name);
  const make = (tag, attributes, ...inside) => {
    const made = document.createElement(tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    made.append(...inside);
    return made;
  };
  const button = (words, act) => {
    const made = make('button', { type: 'button', class: 'second' }, words);
    made.addEventListener('click', act);
    return made;
  };
  const hidden = name => {
    if (!field(name)) form.append(make('input', { type: 'hidden', name }));
    return field(name);
  };

  const desk = new URL(form.getAttribute('action'), document.baseURI);
  const text = field('text'), remember = field('remember'), to = hidden('in_reply_to');
  const key = hidden('key'), stamp = hidden('stamp');
  const title = section.querySelector('#reply') || make('h3');
  const heading = title.textContent;
  const send = form.querySelector('[type=submit]'), row = send.parentNode;
  const home = document.createComment('the form');
  const status = make('p', { role: 'status' });
  status.style.cssText = 'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);margin:0';
  section.before(home, status);
  let who = '', busy = false, previewing = false, stamped, timer, preview, thanks;

  const say = words => { status.textContent = words; };
  const linkTo = id => id && document.querySelector(`[data-reply-to="${CSS.escape(id)}"]`);

  // One question to the desk: [status, JSON]. Rejects when there is no such answer in 15 seconds.
  const ask = async (part, body) => {
    const url = new URL(desk), stop = new AbortController();
    if (part) url.pathname = url.pathname.replace(/\/*$/, '/' + part);
    const late = setTimeout(() => stop.abort(), 15000);
    const post = body && {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    };
    try {
      const answer = await fetch(url, { signal: stop.signal, ...post });
      return [answer.status, await answer.json()];
    } finally {
      clearTimeout(late);
    }
  };

  const newStamp = async () => {
    stamp.value = '';
    stamped = true;
    try { stamp.value = (await ask('stamp'))[1].stamp || ''; } catch { /* sent without */ }
  };

  // What is kept in this browser. Storage may be full or forbidden: then nothing is.
  const slot = `reply ${desk.href} ${field('thread') ? field('thread').value : ''}`;
  const slotOfMe = `reply ${desk.href}`;
  const keep = (name, value) => {
    try {
      if (value) localStorage.setItem(name, JSON.stringify(value));
      else localStorage.removeItem(name);
      return true;
    } catch { return false; }
  };
  const kept = name => {
    try { return JSON.parse(localStorage.getItem(name)) || {}; } catch { return {}; }
  };
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    key.value = key.value || Array.from(
      crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0'),
    ).join('');
    if (remember && remember.checked) {
      keep(slotOfMe, Object.fromEntries(
        ['name', 'email', 'url'].filter(field).map(name => [name, field(name).value])));
    }
    return keep(slot, text.value.trim() && { text: text.value, to: to.value, who, key: key.value });
  };
  const saveSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, 400);
  };

  // The form under the comment that it answers, or at home.
  const aim = (id, name) => {
    to.value = id;
    who = name;
    title.replaceChildren(...(id ? ['Reply to ', make('bdi', {}, name)] : [heading]));
    cancel.hidden = !id;
    const link = linkTo(id);
    if (link) (link.closest('article') || link.parentNode).append(section);
    else home.after(section);
  };
  const goHome = () => {
    const link = linkTo(to.value);
    aim('', '');
    saveSoon();
    (link || text).focus();
    say('Cancelled. The form is below the discussion again.');
  };
  const cancel = button('Cancel', () => busy || goHome());
  cancel.hidden = true;

  // What is wrong, beside its field; what belongs to no field that is seen, above the button.
  const unmark = control => {
    const wrong = document.getElementById(`reply-wrong-${control.name}`);
    if (!wrong) return;
    const others = (control.getAttribute('aria-describedby') || '').replace(wrong.id, '').trim();
    wrong.remove();
    control.removeAttribute('aria-invalid');
    if (others) control.setAttribute('aria-describedby', others);
    else control.removeAttribute('aria-describedby');
  };
  const clear = () => {
    [...form.elements].forEach(unmark);
    form.querySelectorAll('.notice').forEach(note => note.remove());
  };
  const tell = (...inside) => {
    form.querySelectorAll('.notice').forEach(note => note.remove());
    row.before(make('div', { class: 'notice wide', role: 'alert' }, ...inside));
  };
  const show = errors => {
    const left = { ...errors };
    let first;
    for (const control of form.elements) {
      const what = left[control.name];
      if (!what || control.type === 'hidden' || control.closest('[hidden]')) continue;
      delete left[control.name];
      unmark(control);
      const id = `reply-wrong-${control.name}`;
      const others = control.getAttribute('aria-describedby') || '';
      control.parentNode.append(make('strong', { class: 'wrong', role: 'alert', id }, what));
      control.setAttribute('aria-invalid', 'true');
      control.setAttribute('aria-describedby', `${id} ${others}`.trim());
      first = first || control;
    }
    const rest = Object.values(left);
    if (rest.length) tell(...rest.map(what => make('p', {}, what)));
    (first || send).focus();
  };

  const look = async () => {
    if (previewing) return;
    if (!text.value.trim()) return show({ text: 'There are no words in it yet.' });
    previewing = true;
    try {
      const [code, data] = await ask('preview', { text: text.value });
      if (code === 200) {
        if (preview) preview.remove();
        const words = make('div', { class: 'words', dir: 'auto' });
        words.innerHTML = data.html; // sanitised by the desk
        preview = make('section', { class: 'preview wide', 'aria-labelledby': 'reply-preview' },
          make('h4', { id: 'reply-preview' }, 'Preview'), words);
        row.after(preview);
        preview.scrollIntoView({ block: 'nearest' });
        say('The preview is below the buttons.');
      } else show(data.errors);
    } catch {
      tell(make('p', {}, 'There is no preview just now. Your words are still here.'));
    }
    previewing = false;
  };

  // Where a reply will stand, as rejoinder/threads.py orders them; false: on another page.
  const stand = (item, id) => {
    const link = linkTo(id), above = link && link.closest('li');
    if (id ? !above : document.querySelector('#comments a[rel=next]')) return false;
    if (!above) {
      let list = document.querySelector('#comments .thread');
      if (!list) home.before(list = make('ol', { class: 'thread' }));
      if ('newestFirst' in form.dataset) list.prepend(item);
      else list.append(item);
      return true;
    }
    let depth = 0;
    for (let at = above; at; at = at.parentNode.closest('li')) depth += 1;
    if (depth < (form.dataset.maxDepth || 5)) {
      let list = above.querySelector(':scope > .replies');
      if (!list) above.append(list = make('ol', { class: 'replies' }));
      above.classList.add('has-replies');
      list.append(item);
      return true;
    }
    const owner = above.parentNode.closest('li'), top = owner && '#' + owner.querySelector('article').id;
    let last = above;
    for (let next; (next = last.nextElementSibling); last = next) {
      const answers = next.querySelector('a.to');
      if (!answers || answers.hash === top) break;
    }
    last.after(item);
    return true;
  };

  const thank = (sent, { state, html, status: page }) => {
    const waits = state !== 'approved';
    const words = make('div', { class: 'words', dir: 'auto' });
    words.innerHTML = html; // sanitised by the desk
    const item = make('li', { class: 'mine' }, make('article', { class: 'comment' },
      make('header', {},
        make('span', { class: 'initial', 'aria-hidden': 'true' }, [...sent.name.trim()][0].toUpperCase()),
        make('h3', { class: 'who' }, make('bdi', { class: 'p-author' }, sent.name)),
        make('p', { class: 'when' }, waits ? 'waits for the author' : 'published just now')), words));
    if (thanks) thanks.remove();
    const thankYou = make('h3', { id: 'reply-thanks', tabindex: '-1' }, 'Thank you');
    const said = waits ? 'Your reply is kept, and waits for the author.' : 'Your reply is published.';
    thanks = make('section', { class: 'reply-form thanks', 'aria-labelledby': 'reply-thanks' }, thankYou,
      make('p', {}, said, ' You can change or withdraw it on ',
        make('a', { href: new URL(page, desk).href }, 'the page of your reply'), '.'),
      make('p', { class: 'send' }, button('Write another reply', () => {
        thanks.remove();
        section.hidden = false;
        text.focus();
      })));
    section.before(thanks);
    if (!stand(item, sent.in_reply_to)) thanks.append(make('ol', { class: 'thread' }, item));
    clearTimeout(timer);
    timer = 0;
    keep(slot);
    text.value = key.value = '';
    if (preview) preview.remove();
    aim('', '');
    section.hidden = true;
    thankYou.focus();
    say(said);
  };

  const fail = stored => {
    const again = make('button', { type: 'submit' }, 'Try again');
    const where = stored ? 'Your words are kept in this browser.' : 'Your words are still in the form.';
    tell(make('p', {}, `Your reply could not be sent. ${where}`), make('p', { class: 'send' }, again,
      button('Send as a plain form', () => HTMLFormElement.prototype.submit.call(form))));
    again.focus();
  };

  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (busy) return;
    const label = send.textContent, stored = save();
    const sent = Object.fromEntries(new FormData(form));
    const work = on => {
      busy = send.disabled = text.readOnly = on;
      send.textContent = on ? 'Sending…' : label;
    };
    clear();
    work(true);
    say('Sending.');
    let code = 0, data;
    try { [code, data] = await ask('', sent); } catch { code = 0; }
    const errors = code >= 400 && code < 500 && data && data.errors;
    if (errors && errors.stamp) {
      errors.stamp = 'This form was open for too long. Send your reply again.';
      await newStamp();
    }
    work(false);
    say('');
    if (code === 201) thank(sent, data);
    else if (errors) show(errors);
    else fail(stored);
  });

  document.addEventListener('click', event => {
    const link = event.target.closest('[data-reply-to]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (busy) return;
    if (thanks) thanks.remove();
    section.hidden = false;
    aim(link.dataset.replyTo, link.dataset.replyName);
    saveSoon();
    text.focus();
    say(`You answer ${who}. Escape takes the form back.`);
  });
  form.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || event.isComposing || busy || !to.value) return;
    event.preventDefault();
    goHome();
  });
  form.addEventListener('input', event => {
    unmark(event.target);
    saveSoon();
    if (event.target === remember && !remember.checked) keep(slotOfMe);
  });
  form.addEventListener('focusin', () => stamped || newStamp());
  window.addEventListener('pagehide', () => timer && save());
  window.addEventListener('storage', event => {
    if (event.key === slot && !event.newValue) key.value = ''; // sent from another tab
  });

  send.after(' ', button('Preview', look), ' ', cancel);
  const me = kept(slotOfMe), draft = kept(slot);
  for (const name in me) {
    if (remember) remember.checked = true;
    if (field(name) && !field(name).value) field(name).value = me[name];
  }
  to.value = '';
  if (draft.text && (!text.value || text.value === draft.text)) {
    text.value = draft.text;
    key.value = draft.key;
    aim(draft.to, draft.who);
    form.prepend(make('p', { class: 'notice wide' }, 'Your draft was kept in this browser. Here it is.'));
  }
})();
