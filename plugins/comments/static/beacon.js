// Tells the site's own desk, once, that this page was seen: its path, and the host that led here.
// No cookie, no storage, nothing of the reader; and nothing at all where the browser asks for that.
(() => {
'use strict';
const { desk } = document.currentScript.dataset;
if (navigator.globalPrivacyControl || navigator.doNotTrack === '1') return;
const moments = ['visibilitychange', 'prerenderingchange'];
const look = () => {
  if (document.prerendering || document.visibilityState !== 'visible') return;
  for (const moment of moments) document.removeEventListener(moment, look);
  const from = document.referrer && new URL(document.referrer).hostname;
  navigator.sendBeacon(desk, `${location.pathname}\n${from}`);
};
for (const moment of moments) document.addEventListener(moment, look);
look();
})();
