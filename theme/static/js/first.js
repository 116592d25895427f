// The colours that a reader chose: kept in this browser alone, and there before a page is drawn.
(page => {
page.scheme = '';
try { page.scheme = localStorage.scheme || ''; } catch { /* it may not keep anything */ }
addEventListener('click', ({ target }) => {
  if (target.className !== 'scheme') return;
  const other = matchMedia('(prefers-color-scheme:dark)').matches ? 'light' : 'dark';
  page.scheme = page.scheme === other ? '' : other; // back to what the system has, or away from it
  try { localStorage.scheme = page.scheme; } catch { /* then for this page */ }
});
})(document.documentElement.dataset);
