// The time line. Events that belong together, such as a crash and the restart after it, are one entry.

const entries = [];          // what is shown, the oldest first
const times = [];            // [time, is a failure] of each event, for the strip
const openEntries = new Set();
const MOST_ENTRIES = 600;
const SPAN = 10 * 60 * 1000; // the time that the strip covers, in milliseconds
let entryNumber = 0;
let shownEntries = 80;

const parentOf = path => path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
const nameOf = path => path === '/' ? (app.tree ? app.tree.root.name : 'root') : path.slice(path.lastIndexOf('/') + 1);

function pushEntry(entry) {
  entry.key = ++entryNumber;
  entries.push(entry);
  if (entries.length > MOST_ENTRIES) forgetOne();
  return entry;
}

// Removes the oldest entry that is no failure, so that many other events do not displace the failures. If more
// than half of the entries are failures, removes the oldest entry.
function forgetOne() {
  const isFailure = entry => entry.type === 'crash' || entry.type === 'event' && LOUD.has(entry.event.kind);
  const oldest = entries.findIndex(entry => !isFailure(entry));
  entries.splice(oldest >= 0 && oldest < MOST_ENTRIES / 2 ? oldest : 0, 1);
}
const LOUD = new Set(['max_restarts_exceeded', 'child_given_up', 'child_not_stopped', 'lease_lost', 'operator']);

// Adds, once, entries for what happened before the events that the program has kept, from the tree: the
// starts of children, and the last failure of each child that was restarted. A child of the tree is left out
// if the event of its start was received, or may still be on its way.
let isFilled = false;
const startsReceived = new Set();
function fillFromTree() {
  if (isFilled || !app.tree) return;
  isFilled = true;
  const told = new Set(), now = app.at + app.skew;
  for (const entry of entries) if (entry.type === 'crash') told.add(entry.path);
  const started = [], failed = [];
  for (const node of app.tree.nodes) {
    if (node.uptime_ms === undefined || !node.path || node.uptime_ms < 1000 || startsReceived.has(node.path)) continue;
    const at = now - node.uptime_ms;
    if (node.last_exit && node.last_exit.abnormal && node.life > 1) { if (!told.has(node.path)) failed.push([at, node]); }
    else if (node.life === 1) started.push([at, node.path]);
  }
  const before = failed.map(([at, node]) => ({ type: 'crash', at, last: at, crashed: at, path: node.path, reason: node.last_exit, count: 1,
    back: { at, life: node.life }, with: new Set(), events: [], left: undefined, delay: null, gaveUp: null, over: true, isKnownByTree: true }));
  if (started.length) {
    // In the order of the tree, since the times of children of different supervisors differ by less than their
    // precision.
    const paths = started.slice(0, 200).map(([, path]) => path), at = started[0][0];
    before.push({ type: 'run', word: 'started', at, last: started.reduce((last, [one]) => Math.max(last, one), at), count: started.length, paths });
  }
  before.sort((a, b) => a.last - b.last);
  startsReceived.clear();
  for (const entry of before) entry.key = ++entryNumber;
  // These entries are older than all entries made from events.
  entries.unshift(...before.slice(-200));
  draw('entries');
}

const isBelow = (path, above) => above === '' || path.startsWith(above + '/');
const isGroup = path => {
  const supervisor = app.tree && app.tree.byPath.get(path);
  return Boolean(supervisor) && (supervisor.strategy === 'one_for_all' || supervisor.strategy === 'rest_for_one');
};
const QUIET = { child_started: 'started', child_terminated: 'ended', child_restarted: 'restarted' };

// Returns true if an event belongs to the entry of an earlier crash: an event of the child that has crashed; one
// of a sibling, if their supervisor restarts them together or gives up; or one of a child below it.
function belongs(entry, event) {
  if (entry.type !== 'crash') return false;
  const time = event.at - entry.last;
  if (event.path === entry.path) return time < 60000 && (!entry.back || time < 1000) && event.kind !== 'messages_left';
  if (!(event.kind in QUIET) && event.kind !== 'child_killed' && event.kind !== 'restart_delayed') return false;
  if (entry.over) return false;
  if (time > (entry.back ? 1000 : 60000)) return false;
  if (isBelow(event.path, entry.path)) return !entry.back;
  const above = parentOf(entry.path);
  if (entry.gaveUp) return isBelow(event.path, above);
  return parentOf(event.path) === above && isGroup(above);
}

// The children with a `child_killed` event whose end has not come yet. That end is no crash: the child did not
// stop in time, and the event says so.
const killed = new Map();
function isCrash(event) {
  if (event.kind !== 'child_terminated' && event.kind !== 'child_start_failed') return false;
  return event.reason.abnormal && !(event.reason.kind === 'killed' && killed.has(event.path));
}

// The colour in which the row of a child glows after an event of this kind.
const TONES = { child_started: 'good', child_restarted: 'good', lease_acquired: 'good', lease_lost: 'bad', operator: 'warn' };

function note(event) {
  if (event.kind === 'lost' || event.kind === 'missed') {
    pushEntry({ type: 'gap', at: event.at || Date.now() + app.skew, count: event.count });
    return;
  }
  if (!isFilled && (event.kind === 'child_started' || event.kind === 'child_restarted')) startsReceived.add(event.path);
  if (event.kind === 'child_killed') killed.set(event.path, true);
  const crash = isCrash(event);
  if (event.kind === 'child_terminated') killed.delete(event.path);
  times.push([event.at, crash || event.kind === 'max_restarts_exceeded']);
  if (times.length > 20000) times.splice(0, 10000);
  const tone = crash ? 'bad' : TONES[event.kind] || '';
  if (flashes.size > 5000) flashes.clear();
  if (tone) flashes.set(event.path === '/' ? '' : event.path, { at: Date.now() - Math.max(0, Date.now() + app.skew - event.at), kind: tone });
  if (crash) return noteCrash(event);
  // The crash has an entry already; the event adds that the child stays down.
  if (event.kind === 'child_ended' || event.kind === 'child_given_up') {
    const entry = entries.findLast(entry => entry.type === 'crash' && entry.path === event.path);
    if (entry && !entry.back) entry.downForGood = true;
    return;
  }
  for (let i = entries.length - 1; i >= Math.max(0, entries.length - 40); i--) {
    if (belongs(entries[i], event)) return follow(entries[i], event);
  }
  // A nested supervisor has events as a child, too, which say the same.
  if (event.kind.startsWith('supervisor_') && event.path !== '/') return;
  const word = QUIET[event.kind], last = entries[entries.length - 1];
  if (!word) return pushEntry({ type: 'event', at: event.at, event });
  if (last && last.type === 'run' && last.word === word && event.at - last.last < 3000) {
    last.count++;
    last.last = event.at;
    if (last.paths.length < 200) last.paths.push(event.path);
    return;
  }
  pushEntry({ type: 'run', word, at: event.at, last: event.at, count: 1, paths: [event.path] });
}

// Adds an entry for a crash, or counts the crash in the last entry of the same child and text.
function noteCrash(event) {
  // When a supervisor ends after it gave up, the entry of the child for which it gave up is complete.
  for (const entry of entries.slice(-60)) if (entry.gaveUp && parentOf(entry.path) === event.path) entry.over = true;
  for (let i = entries.length - 1; i >= Math.max(0, entries.length - 60); i--) {
    const entry = entries[i];
    if (entry.type !== 'crash' || entry.path !== event.path) continue;
    // A start that has failed has two events, `child_terminated` and `child_start_failed`, in either order.
    if (!entry.back && event.at - entry.last < 2 && entry.reason.text === event.reason.text && event.kind !== entry.events[0].kind) return follow(entry, event);
    if (entry.reason.text !== event.reason.text || event.at - entry.last > 60000) break;
    entry.count++;
    entry.last = event.at;
    Object.assign(entry, { reason: event.reason, crashed: event.at, back: null, with: new Set(), events: [event], over: false, delay: null, gaveUp: null, left: undefined, downForGood: false });
    // Moves the entry to the end, where the newest ones are.
    entries.splice(i, 1);
    entries.push(entry);
    return;
  }
  pushEntry({ type: 'crash', at: event.at, last: event.at, crashed: event.at, path: event.path, reason: event.reason,
    count: 1, back: null, with: new Set(), events: [event], left: undefined, delay: null, gaveUp: null, over: false });
}

function follow(entry, event) {
  entry.last = Math.max(entry.last, event.at);
  if (entry.events.length < 60) entry.events.push(event);
  if (event.restarts_left !== undefined) entry.left = event.restarts_left;
  if (event.kind === 'max_restarts_exceeded') entry.gaveUp = event;
  if (event.kind === 'restart_delayed' && event.path === entry.path) entry.delay = event.time_ms;
  if (event.path !== entry.path) { entry.with.add(event.path); return; }
  if (event.kind === 'child_restarted' || event.kind === 'child_started') {
    entry.back = { at: event.at, life: event.life };
    entry.over = !isGroup(parentOf(entry.path));
  }
}

// Describes an event, with times in the format of this page.
function textOf(event) {
  if (event.kind === 'child_terminated' && event.reason.abnormal && event.reason.kind !== 'killed') return 'ended (life ' + event.life + ')';
  if (event.kind === 'supervisor_draining') return 'is draining for ' + sayExact(event.time_ms);
  if (event.kind === 'child_killed' && event.time_ms === 0) return 'was killed';
  if (event.kind === 'child_killed') return 'did not stop within ' + say(event.time_ms) + ': killed';
  if (event.kind === 'child_not_stopped') return 'cannot be stopped: it still runs after ' + say(event.time_ms);
  if (event.kind === 'restart_delayed') return 'will be restarted in ' + say(event.time_ms);
  if (event.kind === 'messages_left') return 'ended with ' + plural(event.count, 'message') + ' unhandled';
  return event.text;
}

const pathButton = path => button('path', path === '/' ? nameOf(path) : path, event => { event.stopPropagation(); reveal(path === '/' ? '' : path); });

function crashElement(entry) {
  const isOpen = openEntries.has(entry.key);
  const box = el('article', 'entry crash' + (isOpen ? ' open' : '') + (entry.gaveUp ? ' gave-up' : ''));
  const head = el('div', 'summary', el('time', '', clock(entry.crashed)), pathButton(entry.path),
    entry.count > 1 ? el('span', 'times', '×' + entry.count) : null);
  const outcome = [];
  if (entry.isKnownByTree) outcome.push('back as life ' + entry.back.life + '; what happened around it is not known any more');
  else if (entry.gaveUp) outcome.push('its supervisor gave up');
  else if (entry.back) outcome.push('back ' + (entry.back.at - entry.crashed < 1 ? 'at once' : 'after ' + say(entry.back.at - entry.crashed)) + ' as life ' + entry.back.life);
  else if (entry.downForGood) outcome.push('stays down');
  else if (entry.delay !== null) outcome.push('to be restarted in ' + say(entry.delay));
  if (entry.with.size) outcome.push('with ' + [...entry.with].map(nameOf).slice(0, 3).join(', ') + (entry.with.size > 3 ? ' and ' + (entry.with.size - 3) + ' more' : ''));
  if (entry.left !== undefined && !entry.gaveUp) outcome.push(entry.left === 0 ? 'no restart left' : plural(entry.left, 'restart') + ' left');
  if (entry.count > 1) outcome.push(entry.count + ' times in ' + say(entry.last - entry.at));
  const toggleEntry = button('fold', '', () => { if (isOpen) openEntries.delete(entry.key); else openEntries.add(entry.key); draw('entries'); });
  toggleEntry.setAttribute('aria-expanded', isOpen);
  toggleEntry.setAttribute('aria-label', 'The crash of ' + entry.path);
  toggleEntry.dataset.key = entry.key;
  box.append(toggleEntry, head, el('p', 'text', entry.reason.text));
  if (outcome.length) box.append(el('p', 'outcome' + (entry.gaveUp || entry.left === 0 ? ' bad' : ''), outcome.join(' · ')));
  if (!isOpen) return box;
  box.append(reasonBox(entry.reason));
  const steps = el('ol', 'steps');
  for (const event of entry.events) {
    steps.append(el('li', '', el('time', '', '+' + say(event.at - entry.crashed)), el('span', '', nameOf(event.path) + ' ' + textOf(event))));
  }
  box.append(steps);
  return box;
}

function entryElement(entry) {
  if (entry.type === 'crash') return crashElement(entry);
  if (entry.type === 'gap') return el('article', 'entry gap', entry.count.toLocaleString('en') + ' events are missing here');
  if (entry.type === 'boot') return el('article', 'entry gap', 'The program was started again');
  if (entry.type === 'run') {
    const box = el('article', 'entry quiet', el('time', '', clock(entry.last)));
    if (entry.count === 1) box.append(pathButton(entry.paths[0]), el('span', '', ' ' + entry.word));
    else box.append(el('span', '', plural(entry.count, 'child') + ' ' + entry.word),
      el('span', 'muted', entry.paths.slice(0, 4).map(nameOf).join(', ') + (entry.count > 4 ? ', …' : '')));
    return box;
  }
  const { event } = entry;
  const box = el('article', 'entry event ' + event.kind, el('time', '', clock(event.at)), pathButton(event.path),
    el('span', '', event.kind === 'operator' ? event.who + ': ' + event.text : textOf(event)));
  return box;
}

DRAW.entries = () => {
  const box = $('entries');
  const of = app.opened !== null && app.tree && app.tree.byPath.get(app.opened) ? app.opened : null;
  const concerns = path => { const at = path === '/' ? '' : path; return at === of || at.startsWith(of + '/'); };
  const mine = of ? entries.filter(entry =>
    entry.type === 'crash' ? concerns(entry.path) || [...entry.with].some(concerns)
    : entry.type === 'run' ? entry.paths.some(concerns) : entry.type === 'event' ? concerns(entry.event.path) : false) : entries;
  put($('span'), of ? 'of ' + nameOf(of) : entries.length ? 'since ' + clock(entries[0].at) : '');
  const focused = document.activeElement && document.activeElement.dataset.key;
  const list = mine.slice(-shownEntries).reverse().map(entryElement);
  if (mine.length > shownEntries) list.push(button('older', 'Older', () => { shownEntries += 200; draw('entries'); }));
  if (!list.length) list.push(el('p', 'none', of ? 'Nothing has happened to it.' : 'Nothing has happened yet.'));
  box.replaceChildren(...list);
  if (focused) { const again = box.querySelector('[data-key="' + focused + '"]'); if (again) again.focus({ preventScroll: true }); }
  DRAW.strip();
};

// Draws the strip: the number of events in each part of the last ten minutes, with the failures in red.
DRAW.strip = () => {
  const canvas = $('strip'), width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width) return;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) { canvas.width = width * scale; canvas.height = height * scale; }
  const pen = canvas.getContext('2d');
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const step = 5, count = Math.floor(width / step), now = Date.now() + app.skew, slot = SPAN / count;
  const all = new Float64Array(count), failed = new Float64Array(count);
  for (let i = times.length - 1; i >= 0; i--) {
    const at = count - 1 - Math.floor((now - times[i][0]) / slot);
    if (at < 0) break;
    if (at >= count) continue;
    all[at]++;
    if (times[i][1]) failed[at]++;
  }
  const style = getComputedStyle(document.documentElement);
  const colors = [style.getPropertyValue('--hair-strong'), style.getPropertyValue('--bad')];
  const tall = number => number ? Math.min(height - 2, 3 + 7 * Math.log2(1 + number)) : 0;
  for (let i = 0; i < count; i++) {
    pen.fillStyle = colors[0];
    if (all[i]) pen.fillRect(i * step, height - tall(all[i]), step - 2, tall(all[i]));
    else pen.fillRect(i * step, height - 1, step - 2, 1);
    if (failed[i]) { pen.fillStyle = colors[1]; pen.fillRect(i * step, height - tall(failed[i]), step - 2, tall(failed[i])); }
  }
};
