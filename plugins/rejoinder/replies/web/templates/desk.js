// Keys for the moderator's page: what they press is what the page has anyway.
'use strict';
{
  const cards = [...document.querySelectorAll('.card')];
  const hint = document.querySelector('.keys');
  let at = -1;
  if (hint) hint.hidden = false;

  const go = (step) => {
    if (!cards.length) return;
    at = Math.min(Math.max(at + step, 0), cards.length - 1);
    cards[at].focus();
    cards[at].scrollIntoView({ block: 'nearest' });
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches('input:not([type=checkbox]), textarea, select')) return;
    const here = document.activeElement.closest('.card') || (cards.length === 1 ? cards[0] : null);
    if (here) at = cards.indexOf(here);
    if (event.key === 'j') go(1);
    else if (event.key === 'k') go(-1);
    else if (event.key === 'x' && here) here.querySelector('[name=reply]')?.click();
    else if (event.key === 'u') document.querySelector('[data-key=u]')?.click();
    else if ('arso'.includes(event.key) && here) here.querySelector(`[data-key=${event.key}]`)?.click();
    else return;
    event.preventDefault();
  });
}
