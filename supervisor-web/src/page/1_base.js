'use strict';
// Functions and state that all parts of the script use.

const $ = id => document.getElementById(id);

// Creates an element. Strings become text nodes, so that no text of the program is parsed as markup.
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

// Formats a duration in milliseconds: 80 ms, 3.2 s, 4 min, 2 h 5 min, 3 d.
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

// Formats a configured duration without a trailing zero: 5 s, not 5.0 s.
const sayExact = ms => say(ms).replace('.0 ', ' ');

// Formats a histogram's bound in microseconds. A time above the last bound, 10 s, has none.
const sayBound = us => us === undefined ? '> 10 s' : us < 1000 ? '≤ ' + us + ' µs' : '≤ ' + sayExact(us / 1000);

const clock = at => new Date(at).toLocaleTimeString('en-GB');

// Returns the CSS class of a state.
const classOf = state => 's-' + state.replace(' ', '-');

// The states, in the order in which the header counts them. `down`: no life of the child runs or is
// pending. `trouble`: the child is not as it should be. (A test compares this table with the states of the
// library.)
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

// The state of the page.
const app = {
  tree: null,        // the last tree, as a model
  at: 0,             // when it was received, on the browser's clock
  skew: 0,           // the clock of the program minus that of the browser
  selected: null,    // the path of the child that has the cursor
  opened: null,      // the path of the child whose details are shown
  folds: new Map(),  // path → true if folded by hand, false if unfolded by hand
  query: '',
  offline: false,
  stopped: false,    // true once the program has answered that its tree has ended
};

// Redraws the named parts before the next frame, each once, however often this is called.
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
