'use strict';
// Small things that all parts use.

const $ = id => document.getElementById(id);

// Makes an element. Texts of the program become text nodes, and never markup.
function el(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}

function button(className, text, act) {
  const made = el('button', className, text);
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
}

const plural = (count, word) => count.toLocaleString('en') + ' ' + word + (count === 1 ? '' : word.endsWith('child') ? 'ren' : 's');

// Says a time in milliseconds as a person would: 80 ms, 3.2 s, 4 min, 2 h 5 min, 3 d.
function say(ms) {
  if (ms < 1000) return Math.max(0, Math.round(ms)) + ' ms';
  const s = ms / 1000;
  if (s < 10) return s.toFixed(1) + ' s';
  if (s < 60) return Math.floor(s) + ' s';
  const min = Math.floor(s / 60);
  if (min < 60) return min + ' min' + (min < 10 && Math.floor(s % 60) ? ' ' + Math.floor(s % 60) + ' s' : '');
  const h = Math.floor(min / 60);
  if (h < 48) return h + ' h' + (min % 60 ? ' ' + min % 60 + ' min' : '');
  return Math.floor(h / 24) + ' d';
}

// Says a length, such as that of a window, without a zero behind the point.
const sayExact = ms => say(ms).replace('.0 ', ' ');

// Says the bound of a time in microseconds; the last bound of a histogram is 10 s.
const sayBound = us => us === undefined ? '> 10 s' : us < 1000 ? '≤ ' + us + ' µs' : '≤ ' + sayExact(us / 1000);

const clock = at => new Date(at).toLocaleTimeString('en-GB');

// The state of a child in a word that is short enough for a class.
const classOf = state => 's-' + state.replace(' ', '-');

// The states, in the order in which they are counted in the header: whether a child in it is down, so
// that no life runs or is pending, and whether something is not as it should be. (A test compares the
// words with those of the library.)
const STATES = {
  'running': {},
  'starting': { trouble: true },
  'restarting': { trouble: true },
  'stopping': { trouble: true },
  'stopped': { down: true, trouble: true },
  'finished': { down: true },
  'standby': { down: true },
  'not started': { down: true, trouble: true },
  'failed': { down: true, trouble: true },
  'unstoppable': { trouble: true },
};
const isDown = node => Boolean((STATES[node.state] || {}).down);
const isTrouble = node => Boolean((STATES[node.state] || {}).trouble);

const reduced = matchMedia('(prefers-reduced-motion: reduce)');

// What all parts know.
const app = {
  tree: null,        // the last tree, as a model
  at: 0,             // when it came, on this page's clock
  skew: 0,           // the program's clock minus this page's clock
  selected: null,    // the path of the child that has the cursor
  opened: null,      // the path of the child whose details are shown
  folds: new Map(),  // path → true if folded by hand, false if unfolded by hand
  query: '',
  offline: false,
  stopped: false,    // the program has said that its tree has ended
};

// Draws once per frame, however often it is asked.
const parts = new Map();
let drawing = 0;
function draw(...names) {
  for (const name of names) parts.set(name, true);
  if (!drawing) drawing = requestAnimationFrame(() => {
    drawing = 0;
    const todo = [...parts.keys()];
    parts.clear();
    for (const name of todo) DRAW[name]();
  });
}
const DRAW = {};
