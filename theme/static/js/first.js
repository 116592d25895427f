// The colours that a reader chose: kept in this browser alone, and there before a page is drawn.
(chosen => {
const system = matchMedia('(prefers-color-scheme:dark)');
const isDark = () => chosen.scheme ? chosen.scheme === 'dark' : system.matches;
try { chosen.scheme = localStorage.scheme || ''; } catch { /* it may not keep anything */ }
addEventListener('DOMContentLoaded', () => {
  const button = document.querySelector('.scheme');
  const say = () => { button.ariaPressed = isDark(); };
  button.onclick = () => {
    // Who wants what the system has, follows it again.
    chosen.scheme = isDark() !== system.matches ? '' : system.matches ? 'light' : 'dark';
    try { localStorage.scheme = chosen.scheme; } catch { /* then for this page */ }
    say();
  };
  system.onchange = say;
  say();
  button.hidden = false;
});
})(document.documentElement.dataset);
