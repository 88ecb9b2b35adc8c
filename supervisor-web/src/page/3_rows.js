// The rows of the tree. Only the visible rows exist as elements; scrolling reuses them.

const HEIGHT = 32;
const pool = [];
const flashes = new Map(); // path → { at, kind } of the last event that makes its row glow

function rowElement() {
  const row = el('div', 'row');
  row.setAttribute('role', 'treeitem');
  const cells = {
    guides: el('span', 'guides'), caret: el('span', 'caret'), dot: el('span', 'dot'),
    name: el('span', 'name'), kind: el('span', 'kind'), what: el('span', 'what'),
    limit: el('span', 'limit'), mail: el('span', 'mail'), life: el('span', 'life'), up: el('span', 'up'),
  };
  row.append(el('span', 'who', cells.guides, cells.caret, cells.dot, cells.name, cells.kind),
    cells.what, cells.limit, cells.mail, cells.life, cells.up);
  row.cells = cells;
  cells.caret.addEventListener('click', event => { event.stopPropagation(); toggle(row.node); });
  row.addEventListener('click', () => { select(row.node.path); open(row.node.path); });
  row.addEventListener('dblclick', () => toggle(row.node));
  return row;
}

// Sets the text of an element if it differs from the present one, since most texts do not change.
function put(element, text) {
  if (element.shown !== text) { element.shown = text; element.textContent = text; }
}

function fill(row, node, index) {
  const { cells } = row;
  row.node = node;
  row.id = 'row-' + index;
  row.style.transform = 'translateY(' + index * HEIGHT + 'px)';
  const parent = node.children !== null;
  const folded = parent && (app.query ? false : isFolded(node));
  row.className = 'row ' + classOf(node.state) + (parent ? ' supervisor' : '') +
    (node.path === app.selected ? ' selected' : '') + (app.query && !node.isMatch ? ' dim' : '');
  row.setAttribute('aria-level', node.depth + 1);
  row.setAttribute('aria-selected', node.path === app.selected);
  if (parent && node.children.length) row.setAttribute('aria-expanded', !folded); else row.removeAttribute('aria-expanded');
  cells.guides.style.width = Math.min(node.depth, 14) * 18 + 'px';
  cells.caret.className = 'caret' + (parent && node.children.length ? (folded ? ' folded' : ' unfolded') : '');
  cells.dot.title = node.state;
  put(cells.name, node.name);
  cells.name.title = node.path || node.name;
  cells.kind.title = node.strategy || '';
  put(cells.kind, node.strategy === 'simple_one_for_one' ? 'pool' : node.strategy || (node.restart === 'Always' || !node.restart ? '' : node.restart.toLowerCase()));
  fillWhat(cells.what, node, folded);
  fillLimit(cells.limit, node);
  fillMail(cells.mail, node);
  put(cells.life, node.life > 1 || node.restarts ? '#' + node.life : '');
  put(cells.up, node.uptime_ms === undefined ? '' : say(Math.floor(since(node.uptime_ms) / 1000) * 1000).replace(/^0 ms$/, 'now').replace('.0', ''));
  flash(row, node);
}

function fillWhat(cell, node, folded) {
  let text = '', tone = '';
  if (node.waits && node.waits.length) {
    text = (node.waits[0].for_answer ? 'waits for ' : 'waits for room in ') + node.waits[0].on + ' · ' + say(since(node.waits[0].lasted_ms));
    tone = 'wait';
  } else if (node.says) {
    text = node.says.text.slice(node.says.text.indexOf(node.path) + node.path.length + 1);
    tone = node.says.problem === 'unready' ? 'bad' : 'wait';
  } else if (node.state !== 'running' && node.state !== 'finished') {
    text = node.state;
    if (node.stopping_ms !== undefined) text += ' for ' + say(since(node.stopping_ms)) + (node.shutdown_ms ? ' of ' + sayExact(node.shutdown_ms) : '');
    if (node.last_exit && node.last_exit.abnormal && node.state !== 'stopping') { text += ' · ' + node.last_exit.text; tone = 'bad'; }
  } else if (node.state === 'finished') {
    text = 'finished';
  } else if (node.lease) {
    text = leaseText(node.lease) + (folded ? ' · ' + plural(node.total, 'child') : '');
    tone = { leading: 'lead', lost: 'bad', standby: 'past' }[node.lease.state];
  } else if (node.strategy === 'simple_one_for_one' && !folded && !(node.last_exit && node.last_exit.abnormal)) {
    text = node.total ? plural(node.total, 'child') : 'empty';
    tone = 'past';
  } else if (folded) {
    text = plural(node.total, 'child') + (node.bad ? ' · ' + node.bad + ' not well' : '');
    tone = node.bad ? 'bad' : '';
  } else if (node.last_exit && node.last_exit.abnormal && node.uptime_ms !== undefined && since(node.uptime_ms) < 60000) {
    text = 'last end: ' + node.last_exit.text;
    tone = 'past';
  }
  cell.className = 'what ' + tone;
  cell.title = text;
  put(cell, text);
}

function fillLimit(cell, node) {
  const key = node.strategy === undefined ? '' : (node.max_restarts === undefined ? '∞' : node.restarts_left + '/' + node.max_restarts);
  if (cell.shown === key) return;
  cell.shown = key;
  cell.replaceChildren();
  if (!key) return;
  cell.title = key === '∞' ? 'any number of restarts' :
    (node.restarts_left === undefined ? 'at most ' + node.max_restarts : node.restarts_left + ' of ' + node.max_restarts) +
    ' restarts' + (node.window_ms ? ' within ' + sayExact(node.window_ms) : '');
  if (key === '∞') return cell.append(el('span', 'muted', '∞'));
  cell.append(meter(node.restarts_left, node.max_restarts));
}

// Shows the restarts that are left as dots, or as a bar if there are too many for dots.
function meter(left, most) {
  const shown = left === undefined ? most : left;
  const tone = left === 0 ? ' out' : shown < most ? ' used' : '';
  if (most > 8) {
    const bar = el('span', 'bar' + tone, el('i'));
    bar.firstChild.style.width = 100 * shown / most + '%';
    return el('span', 'meter', bar, el('small', '', shown + '/' + most));
  }
  const dots = el('span', 'dots' + tone);
  for (let i = 0; i < most; i++) dots.append(el('i', i < shown ? 'on' : ''));
  return dots;
}

function fillMail(cell, node) {
  const key = node.capacity && (node.queued || node.capacity !== 64) ? (node.queued || 0) + '/' + node.capacity : '';
  if (cell.shown === key) return;
  cell.shown = key;
  cell.replaceChildren();
  if (!key) return;
  const share = (node.queued || 0) / node.capacity;
  const bar = el('span', 'bar' + (share >= 1 ? ' out' : share > 0.7 ? ' used' : ''), el('i'));
  bar.firstChild.style.width = Math.min(100, 100 * share) + '%';
  cell.title = plural(node.queued || 0, 'message') + ', room for ' + node.capacity;
  cell.append(bar, el('small', '', String(node.queued || 0)));
}

// Makes a row glow for a moment after an event of its child.
function flash(row, node) {
  const flashed = flashes.get(node.path);
  const age = flashed ? Date.now() - flashed.at : Infinity;
  if (age > 1600 || reduced.matches) { row.removeAttribute('data-flash'); return; }
  if (row.getAttribute('data-flash') !== flashed.kind + flashed.at) {
    row.setAttribute('data-flash', flashed.kind + flashed.at);
    row.animate([{ backgroundColor: 'var(--flash-' + flashed.kind + ')' }, { backgroundColor: 'transparent' }],
      { duration: 1600, delay: -age, easing: 'ease-out' });
  }
}

DRAW.rows = () => {
  const box = $('tree');
  $('space').style.height = rows.length * HEIGHT + 'px';
  $('none').hidden = rows.length > 0 || !app.tree;
  const first = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - 6);
  const last = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / HEIGHT) + 6);
  for (let i = first, at = 0; i < last; i++, at++) {
    if (!pool[at]) { pool[at] = rowElement(); $('space').append(pool[at]); }
    pool[at].hidden = false;
    fill(pool[at], rows[i], i);
  }
  for (let at = Math.max(0, last - first); at < pool.length; at++) pool[at].hidden = true;
  const index = rows.findIndex(node => node.path === app.selected);
  if (index >= 0) box.setAttribute('aria-activedescendant', 'row-' + index); else box.removeAttribute('aria-activedescendant');
};

DRAW.tree = () => { collect(); DRAW.rows(); DRAW.header(); };

function toggle(node) {
  if (!node.children || !node.children.length) return;
  app.folds.set(node.path, !isFolded(node));
  // At once, since the next key may be handled before the next frame.
  collect();
  draw('tree');
}

function foldAll() {
  const open = rows.length > app.tree.root.children.length + 1;
  for (const node of app.tree.nodes) if (node.children && node.depth > 0) app.folds.set(node.path, open);
  collect();
  draw('tree');
}

// Moves the cursor to this child, and scrolls to it.
function select(path) {
  app.selected = path;
  const index = rows.findIndex(node => node.path === path);
  if (index >= 0) {
    const box = $('tree'), top = index * HEIGHT;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = top + HEIGHT - box.clientHeight;
  }
  draw('rows');
}

// Unfolds all supervisors above a child, and selects the child.
function reveal(path) {
  let node = app.tree && app.tree.byPath.get(path);
  if (!node) return;
  if (app.query) { app.query = ''; $('search').value = ''; }
  while (node.parent !== undefined) {
    node = app.tree.nodes[node.parent];
    if (isFolded(node)) app.folds.set(node.path, false);
  }
  showTab('tree');
  collect();
  select(path);
  const index = rows.findIndex(row => row.path === path);
  $('space').style.height = rows.length * HEIGHT + 'px';
  const box = $('tree'), top = index * HEIGHT;
  if (top < box.scrollTop || top + HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = top - box.clientHeight / 2;
  open(path);
  draw('tree');
}
