// Follow a discussion: what is new since the last visit, in which order, back from a parent, how long ago.
if (list) {
  const comments = all('.comment', discussion);

  // Ids, and no times: a reply that waited for the author is new when it appears.
  const key = `seen ${find('.when a', discussion)?.pathname}`;
  const known = kept(key);
  const fresh = known ? comments.filter(one => !known.includes(one.id)) : [];
  let at = -1;
  const next = () => {
    const one = fresh[at = (at + 1) % fresh.length];
    for (const each of all('details')) each.open ||= each.contains(one);
    one.tabIndex = -1;
    one.focus({ preventScroll: true });
    one.scrollIntoView({ block: 'center' });
  };
  if (fresh.length) {
    for (const one of fresh) find('.who', one)?.append(' ', make('span.new', translate('new')));
    const go = button(fresh[1] ? translate('Next new') : translate('Show it'), next);
    go.title = translate('Key: n');
    find('header', discussion).after(make('p.news', translateCount(
      '%(n)s new since your last visit', '%(n)s new since your last visit', fresh.length), ' ', go));
    on('keydown', event => {
      const busy = event.target.closest('input,textarea,select,[contenteditable]');
      if (event.key === 'n' && !busy && isPlain(event)) next();
    });
  }
  new IntersectionObserver((entries, observer) => {
    if (!entries.at(-1).isIntersecting) return;
    observer.disconnect();
    keep(key, comments.map(one => one.id));
  }).observe(discussion);

  // In another order, without another page; a discussion on many pages has pages for that.
  const ways = find('.ways', discussion), links = all('.ways [data-order]', discussion);
  if (links[0] && !find('.thread-pages', discussion)) {
    const age = item => Date.parse(find('time', item)?.dateTime) || Infinity;
    const answers = item => all('.comment', item).length;
    const orders = {
      oldest: (a, b) => age(a) - age(b),
      newest: (a, b) => age(b) - age(a),
      answered: (a, b) => answers(b) - answers(a) || age(a) - age(b),
    };
    const most = make('a', translate('Most answered'));
    most.dataset.order = 'answered';
    links.at(-1).after(' ', most);
    links.push(most);
    for (const link of links) link.href ||= '#comments';
    const sort = order => {
      for (const link of links) link.ariaCurrent = link.dataset.order === order || null;
      list.append(...[...list.children].sort(orders[order]));
    };
    ways.onclick = event => {
      const { order } = event.target.dataset;
      if (!order || !isPlain(event)) return;
      event.preventDefault();
      sort(order);
      keep('order', order);
    };
    const liked = kept('order');
    if (orders[liked] && liked !== find('[aria-current]', ways).dataset.order) {
      sort(liked);
      find(':target')?.scrollIntoView();
    }
  }

  // From an answer to what it answers, and back.
  const back = make('a.back', translate('back to the answer'));
  on('click', event => {
    const link = event.target.closest('.to[href^="#"]');
    if (!link) return;
    back.href = `#${link.closest('.comment').id}`;
    find('.when', document.getElementById(link.hash.slice(1)))?.append(' ', back);
  });

  // Of the last week, how long ago; the exact time stays at hand.
  const ago = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });
  for (const time of all('.when time', discussion)) {
    const days = (Date.parse(time.dateTime) - Date.now()) / 864e5;
    if (!(days > -7 && days <= 0)) continue;
    time.title = time.textContent;
    const [size, unit] = days > -1 / 24 ? [1440, 'minute'] : days > -1 ? [24, 'hour'] : [1, 'day'];
    time.textContent = ago.format(Math.ceil(days * size), unit);
  }
}
