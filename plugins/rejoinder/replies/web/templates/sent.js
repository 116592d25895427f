// The words of a reply may be a draft in this browser as well, which goes when they are kept: the
// form's page notes its key as it is sent, the page that comes next takes the draft away.
(() => {
'use strict';
const NOTE = 'sent', key = document.querySelector('form [name=key]');
try {
  const sent = sessionStorage.getItem(NOTE);
  sessionStorage.removeItem(NOTE);
  if (key) { // not kept, or not yet
    key.form.addEventListener('submit', event => {
      if (event.submitter?.name !== 'with') sessionStorage.setItem(NOTE, key.value);
    });
    return;
  }
  for (const name of sent ? Object.keys(localStorage) : []) {
    if (name.startsWith('reply ') && JSON.parse(localStorage.getItem(name)).key === sent) {
      localStorage.removeItem(name);
    }
  }
} catch { /* Storage may be forbidden, or hold anything. */ }
})();
