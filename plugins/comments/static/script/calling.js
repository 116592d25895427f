// The reply form's own script is larger than all else here, and few readers write. It comes when somebody
// comes to the form, answers, or selects words, or has something of their own in this browser.
const form = find('#respond form'), LINKS = '.answer a, [data-reply-to]';
if (form) {
  let called, ready;
  const call = () => called ||= import(REPLIES).catch(() => 0).then(its => {
    ready = true;
    its && its.default(find, all, on, isPlain, make, button, keep, kept, LINKS, form);
    return its;
  });
  // What was done before it came is done again; without it the page's own way is gone. Not at once: while a
  // form is being submitted, it can't be submitted again.
  const again = (event, act, way = act) => {
    if (ready) return;
    event.preventDefault();
    call().then(its => setTimeout(its ? act : way));
  };
  on('click', event => {
    const link = event.target.closest(LINKS);
    if (link && isPlain(event)) again(event, () => link.click(), () => { location = link.href; });
  });
  on('submit', event => {
    const by = event.submitter;
    again(event, () => form.requestSubmit(by));
  }, form);
  on('focusin', call, form);
  on('selectionchange', () => {
    const { type, anchorNode } = getSelection();
    if (type === 'Range' && anchorNode.parentNode.closest?.('.comment')) call();
  });
  try {
    if (Object.keys(localStorage).some(name => /^(reply|mine) /.test(name))) call();
  } catch { /* forbidden */ }
}
