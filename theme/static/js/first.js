// The colours that a reader chose: kept in this browser alone, and there before a page is drawn.
(chosen => {
const dark = matchMedia('(prefers-color-scheme:dark)');
chosen.scheme = '';
try { chosen.scheme = localStorage.scheme || ''; } catch { /* it may not keep anything */ }
addEventListener('click', event => {
  if (event.target.className !== 'scheme') return;
  const other = dark.matches ? 'light' : 'dark';
  chosen.scheme = chosen.scheme === other ? '' : other; // back to what the system has, or away from it
  try { localStorage.scheme = chosen.scheme; } catch { /* then for this page */ }
});
})(document.documentElement.dataset);
