// The header, the bands above the tree, and the details of one child.

DRAW.header = () => {
  const tree = app.tree;
  if (!tree) return;
  const root = tree.root;
  put($('name'), root.name);
  document.title = root.name + (tree.health.ready ? '' : ' · not ready');
  const [word, tone] = app.offline ? ['not connected', 'off']
    : root.state === 'stopping' ? ['stopping', 'stopping']
    : tree.health.reasons.some(reason => reason.problem === 'draining') ? ['draining', 'stopping']
    : !tree.health.live ? ['not live', 'bad']
    : !tree.health.ready ? ['not ready', 'bad']
    : tree.health.degraded ? ['degraded', 'warn'] : ['ready', 'good'];
  if (root.state !== 'stopping') app.workers = tree.nodes.filter(node => !node.children).length;
  put($('pill'), word);
  $('pill').className = 'pill ' + tone;
  const states = new Map();
  for (const node of tree.nodes) if (!node.children) states.set(node.state, (states.get(node.state) || 0) + 1);
  const text = Object.keys(STATES).filter(state => states.has(state)).map(state => states.get(state).toLocaleString('en') + ' ' + state).join(' · ');
  put($('counts'), app.query ? matches.toLocaleString('en') + ' of ' + tree.nodes.length.toLocaleString('en') + ' match' : text);
  DRAW.leases();
  DRAW.health();
  DRAW.stop();
  DRAW.waits();
};

// Shows in the header whether this replica holds its leases.
DRAW.leases = () => {
  const box = $('leases');
  const nodes = app.tree.nodes.filter(node => node.lease), led = nodes.filter(node => node.lease.state === 'leading');
  box.hidden = !nodes.length || app.offline;
  if (box.hidden) return;
  const [first] = nodes, lost = nodes.some(node => node.lease.state === 'lost');
  put(box, nodes.length > 1 ? 'leads ' + led.length + ' of ' + nodes.length
    : { leading: 'leading', lost: 'lease lost', standby: 'standby' }[first.lease.state]);
  box.className = 'pill lease ' + (lost ? 'bad' : led.length ? 'lead' : '');
  box.title = nodes.slice(0, 12).map(node => node.lease.lease + ': ' + leaseText(node.lease)).join('\n');
};

let lastTrouble = 0;
DRAW.health = () => {
  const { health, root } = app.tree, box = $('health');
  // The band stays for five seconds after the last trouble, so that a quick restart does not move the page
  // twice.
  const lingers = !health.reasons.length && Date.now() - lastTrouble < 5000;
  if (health.reasons.length) lastTrouble = Date.now();
  box.hidden = !health.reasons.length && !lingers || root.state === 'stopping' || root.drain_left_ms !== undefined;
  if (box.hidden) return;
  if (lingers) { box.className = 'band health good'; put(box.firstChild, 'Ready again. A moment ago:'); return; }
  box.className = 'band health ' + (health.ready && health.live ? 'warn' : 'bad');
  const list = el('ul');
  for (const reason of health.reasons.slice(0, 4)) {
    // The text begins with the effect, such as `not ready: `, which the title of the band repeats.
    const text = reason.text.replace(/^[a-z ]+: /, '');
    const item = el('li', '', button('path', reason.path, () => reveal(reason.path === '/' ? '' : reason.path)),
      el('span', '', ' ' + (text.startsWith(reason.path) ? text.slice(reason.path.length + 1) : text)));
    list.append(item);
  }
  const more = health.reasons.length + (health.more || 0) - 4;
  if (more > 0) list.append(el('li', 'muted', 'and ' + more.toLocaleString('en') + ' more'));
  const title = !health.live ? 'Not live: only a new process helps' : !health.ready ? 'Not ready' : 'Ready, but degraded';
  box.replaceChildren(el('h2', '', title), list);
};

DRAW.stop = () => {
  const { root, nodes } = app.tree, box = $('stop');
  const drains = root.drain_left_ms !== undefined && root.state !== 'stopping';
  box.hidden = root.state !== 'stopping' && !app.stopped && !drains;
  if (box.hidden) return;
  if (app.stopped || app.offline) {
    box.replaceChildren(el('h2', '', app.stopped ? 'The tree has ended' : 'The program was stopping, and does not answer any more'));
    return;
  }
  const workers = nodes.filter(node => !node.children), total = Math.max(app.workers || 0, workers.length);
  const left = workers.filter(node => !isDown(node));
  if (drains && !app.stopped && !app.offline) {
    const need = needOf({ ...root, shutdown_ms: undefined });
    box.replaceChildren(el('div', 'row-of', el('h2', '', 'Draining'),
      el('span', 'muted', 'the children go on; the stop begins in ' + say(leftOf(root.drain_left_ms))),
      el('span', 'muted', need === Infinity ? 'and has no limit' : 'and takes at most ' + say(need) + ' more')));
    return;
  }
  const took = root.stopping_ms === undefined ? 0 : since(root.stopping_ms);
  const need = needOf({ ...root, shutdown_ms: undefined });
  const head = el('div', 'row-of', el('h2', '', 'Stopping for ' + say(took)),
    el('span', 'muted', left.length.toLocaleString('en') + ' of ' + plural(total, 'child') + ' left'),
    el('span', 'muted', need === Infinity ? 'no limit' : 'at most ' + say(need) + ' more'),
    root.stop_left_ms === undefined ? null : el('span', 'muted', 'what is left is killed in ' + say(leftOf(root.stop_left_ms))));
  const bar = el('div', 'bar wide', el('i'));
  bar.firstChild.style.width = 100 * (1 - left.length / Math.max(1, total)) + '%';
  const list = el('ul');
  for (const node of left.filter(node => node.stopping_ms !== undefined).slice(0, 4)) {
    const time = since(node.stopping_ms), limit = node.shutdown_ms;
    const own = el('span', 'bar' + (limit && time > limit * 0.8 ? ' out' : ''), el('i'));
    own.firstChild.style.width = limit ? Math.min(100, 100 * time / limit) + '%' : '0%';
    list.append(el('li', '', button('path', node.path, () => reveal(node.path)), own,
      el('span', 'muted', say(time) + (limit ? ' of ' + sayExact(limit) : ', no limit'))));
  }
  box.replaceChildren(head, bar, list);
};

DRAW.waits = () => {
  const box = $('waits');
  const waiting = app.tree.nodes.filter(node => node.waits && node.waits.length).map(chainFrom)
    .filter(wait => wait.lasted > 500).sort((a, b) => b.chain.length - a.chain.length || b.lasted - a.lasted);
  // A chain that is the end of a longer one is not listed by itself.
  const covered = new Set(), shown = [];
  for (const wait of waiting) {
    if (covered.has(wait.chain[0])) continue;
    shown.push(wait);
    for (const path of wait.chain.slice(1, -1)) covered.add(path);
    if (wait.circle) for (const path of wait.chain) covered.add(path);
  }
  box.hidden = !shown.length;
  if (box.hidden) return;
  const list = el('ul');
  for (const wait of shown.sort((a, b) => b.circle - a.circle || b.lasted - a.lasted).slice(0, 6)) {
    const chain = el('span', 'chain');
    wait.chain.forEach((path, i) => {
      if (i) chain.append(el('span', 'arrow', '→'));
      chain.append(button('path', path, () => reveal(path)));
    });
    list.append(el('li', wait.circle ? 'circle' : '', chain,
      el('span', 'time', (wait.circle ? 'in a circle · ' : wait.forAnswer ? '' : 'for room · ') + say(wait.lasted))));
  }
  if (shown.length > 6) list.append(el('li', 'muted', 'and ' + (shown.length - 6) + ' more'));
  box.replaceChildren(el('div', 'head', el('h2', '', 'Waiting'), el('span', 'muted', 'who waits for whom')), list);
};

function open(path) {
  app.opened = path;
  $('detail').scrollTop = 0;
  draw('detail', 'entries');
}

function close() {
  app.opened = null;
  draw('detail', 'entries');
}

function fact(list, name, value) {
  if (value !== null && value !== undefined && value !== '') list.append(el('dt', '', name), el('dd', '', value));
}

// Shows the reason of an exit, with its chain of causes and its place in the source.
function reasonBox(reason) {
  const box = el('div', 'reason');
  box.append(el('p', 'message', reason.message || reason.text));
  for (const cause of reason.chain || []) box.append(el('p', 'cause', cause));
  const label = { panic: 'panic', error: 'error', escalate: 'error that escalates' }[reason.kind];
  if (reason.place) box.append(el('p', 'place', label ? label + ' at ' + reason.place : reason.place));
  for (const path of reason.through || []) box.append(el('p', 'place', 'through ' + path));
  return box;
}

DRAW.detail = () => {
  const box = $('detail');
  const node = app.opened !== null && app.tree && app.tree.byPath.get(app.opened);
  box.hidden = !node;
  document.body.classList.toggle('has-detail', Boolean(node));
  if (!node || box.contains(document.activeElement) && document.activeElement.tagName === 'INPUT') return;
  // A pending question, or the answer to an action, is not replaced while it is shown.
  if (box.dataset.path === node.path && box.querySelector('.confirm, .answer')) return;
  box.dataset.path = node.path;
  const shut = button('close', '×', close);
  shut.setAttribute('aria-label', 'Close');
  const title = el('div', 'title', el('span', 'dot ' + classOf(node.state)), el('h2', '', node.name), el('span', 'muted', node.state), shut);
  const list = el('dl', 'facts');
  if (node.path && node.path !== node.name) fact(list, 'path', node.path);
  fact(list, 'up', node.uptime_ms === undefined ? null : say(Math.floor(since(node.uptime_ms) / 1000) * 1000));
  fact(list, 'life', node.life + (node.restarts ? ', restarted ' + (node.restarts === 1 ? 'once' : node.restarts + ' times') : ''));
  fact(list, 'failures', node.failures ? node.failures + (node.failed_starts ? ', ' + node.failed_starts + ' of them at the start' : '') : null);
  fact(list, 'restart', node.restart);
  if (node.strategy) {
    fact(list, 'strategy', node.strategy);
    const window = node.window_ms ? ' within ' + sayExact(node.window_ms) : '';
    fact(list, 'limit', node.max_restarts === undefined ? 'none' : node.max_restarts ? plural(node.max_restarts, 'restart') + window : 'no restart: a failure ends it');
    if (node.max_restarts && node.restarts_left !== undefined)
      fact(list, 'left now', el('span', 'left-now', meter(node.restarts_left, node.max_restarts), el('span', '', ' ' + node.restarts_left)));
    fact(list, 'below', plural(node.total, 'child') + (node.child_restarts ? ', ' + plural(node.child_restarts, 'restart') : ''));
  }
  if (node.lease) {
    const { lease } = node, { losses } = lease;
    fact(list, 'lease', lease.lease);
    fact(list, 'this replica', lease.state === 'leading' ? leaseText(lease) + ', for ' + say(since(lease.lasted_ms)) : leaseText(lease));
    fact(list, 'fence', lease.fence === undefined ? null : String(lease.fence));
    fact(list, 'certain for', lease.left_ms === undefined ? null : say(leftOf(lease.left_ms)) + ' without a renewal');
    fact(list, 'acquired', lease.acquisitions ? plural(lease.acquisitions, 'time') + (losses ? ', lost ' + plural(losses, 'time') : '') : null);
  }
  fact(list, 'shutdown', node.parent === undefined ? null : node.shutdown_ms === undefined ? 'no limit' : node.shutdown_ms === 0 ? 'killed at once' : sayExact(node.shutdown_ms));
  fact(list, 'health', node.health);
  fact(list, 'mailbox', node.capacity ? (node.queued || 0) + ' of ' + node.capacity : null);
  if (node.times) {
    const bounds = (half, most) => 'half ' + sayBound(half) + ' · 99 % ' + sayBound(most);
    fact(list, 'received', plural(node.times.messages, 'message'));
    if (node.times.messages) {
      fact(list, 'they waited', bounds(node.times.waiting_half, node.times.waiting_most));
      fact(list, 'handled in', bounds(node.times.handling_half, node.times.handling_most));
    }
  }
  if (node.uses && node.uses.length) fact(list, 'uses', node.uses.join(', '));
  for (const wait of node.waits || []) fact(list, wait.for_answer ? 'waits for' : 'waits for room in', wait.on + ' · ' + say(since(wait.lasted_ms)));
  const waiters = app.tree.nodes.filter(other => (other.waits || []).some(wait => wait.on === node.path));
  if (waiters.length) fact(list, 'waited for by', waiters.slice(0, 8).map(other => other.path).join(', ') + (waiters.length > 8 ? ' and ' + (waiters.length - 8) + ' more' : ''));
  box.replaceChildren(title, list);
  if (node.last_exit) box.append(el('h3', '', 'Last end'), reasonBox(node.last_exit));
  if (app.tree.actions.length && !app.offline) box.append(actionsFor(node));
};

// Creates the buttons for an operator's actions. Each action has to be confirmed.
function actionsFor(node) {
  const box = el('div', 'actions');
  const down = isDown(node);
  const fits = action => node.parent === undefined ? action === 'stop' : action === 'start' ? down : action === 'restart' || !down;
  for (const action of app.tree.actions.filter(fits)) {
    box.append(button('action ' + action, action, () => {
      const yes = button('main', 'Yes, ' + action, () => act(action, node.path, box));
      box.replaceChildren(el('span', 'confirm', action + ' ' + (node.path || 'the whole tree') + '?'), yes,
        button('', 'No', () => { box.replaceChildren(); draw('detail'); }));
      yes.focus();
    }));
  }
  return box;
}
