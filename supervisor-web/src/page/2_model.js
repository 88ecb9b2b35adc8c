// The model of the tree: its nodes with their paths, and the rows to show.

// If the tree has more nodes than this, supervisors with many children are folded at first.
const MANY_ROWS = 400;

function modelOf(data) {
  const nodes = data.nodes;
  const byPath = new Map();
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    node.index = i;
    node.children = node.strategy ? [] : null;
    if (node.parent === undefined) {
      node.path = '';
      node.depth = 0;
    } else {
      const parent = nodes[node.parent];
      if (!parent.children) parent.children = [];
      node.path = parent.path ? parent.path + '/' + node.name : node.name;
      node.depth = parent.depth + 1;
      parent.children.push(node);
    }
    byPath.set(node.path, node);
  }
  // Counts the workers, and the nodes in trouble, below each supervisor. Children come after their supervisor
  // in the list, so the loop runs backwards.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    node.total = node.children ? 0 : 1;
    node.bad = isBad(node) ? 1 : 0;
    for (const child of node.children || []) { node.total += child.total; node.bad += child.bad; }
  }
  // A child that has called `ctx.unready` or `ctx.degraded` shows the reason in its row.
  for (const reason of data.health.reasons) {
    const node = byPath.get(reason.path === '/' ? '' : reason.path);
    if (node && (reason.problem === 'unready' || reason.problem === 'degraded')) node.says = reason;
  }
  return { ...data, byPath, root: nodes[0] };
}

function isBad(node) {
  if (node.says) return true;
  if (node.state === 'stopped' || node.state === 'not started') return node.health !== 'ignored';
  return isTrouble(node);
}

// Returns a duration that has gone on since the tree was received. It stands still while there is no
// connection.
const since = ms => ms + (app.offline ? 0 : Date.now() - app.at);

function isFolded(node) {
  if (!node.children || !node.children.length) return false;
  const byHand = app.folds.get(node.path);
  if (byHand !== undefined) return byHand;
  if (node.depth === 0) return false;
  return app.tree.nodes.length > MANY_ROWS && node.children.length > 40;
}

let rows = [];

// Collects the rows to show: all nodes that are not below a folded supervisor, or during a search the nodes
// that match and the supervisors above them.
function collect() {
  rows = [];
  if (!app.tree) return;
  const words = app.query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length) return collectMatches(words);
  const nodes = app.tree.nodes;
  let skipBelow = Infinity;
  for (const node of nodes) {
    if (node.depth > skipBelow) continue;
    skipBelow = Infinity;
    rows.push(node);
    if (isFolded(node)) skipBelow = node.depth;
  }
}

let matches = 0;
function collectMatches(words) {
  const nodes = app.tree.nodes;
  const keep = new Uint8Array(nodes.length);
  matches = 0;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    const text = (node.path + ' ' + node.state + ' ' + (node.strategy || '') + ' ' + (node.restart || '')).toLowerCase();
    if (words.every(word => text.includes(word))) { keep[i] = 2; matches++; }
    if (keep[i] && node.parent !== undefined && !keep[node.parent]) keep[node.parent] = 1;
  }
  for (let i = 0; i < nodes.length; i++) if (keep[i]) { nodes[i].isMatch = keep[i] === 2; rows.push(nodes[i]); }
}

// Follows the waits from a child: the child that it waits for, the child which that one waits for, and so on.
// If a child comes twice, the children wait in a circle, and none goes on before one of the waits times out.
function chainFrom(node) {
  const chain = [node.path], seen = new Set(chain);
  let next = node, circle = false;
  while (next && next.waits && next.waits.length) {
    const on = next.waits[0].on;
    chain.push(on);
    if (seen.has(on)) { circle = true; break; }
    seen.add(on);
    next = app.tree.byPath.get(on);
  }
  return { chain, circle, lasted: since(node.waits[0].lasted_ms), forAnswer: node.waits[0].for_answer };
}

// Returns the longest time that it may still take to stop a supervisor's children. The workers of a pool stop
// at the same time; under `order = by_use` each child stops after those that use it; otherwise the children
// stop one after the other.
function needOfChildren(node) {
  const needs = node.children.map(needOf);
  if (node.strategy === 'simple_one_for_one') return needs.reduce((most, one) => Math.max(most, one), 0);
  if (node.order !== 'by_use') return needs.reduce((sum, one) => sum + one, 0);
  const indexes = new Map(node.children.map((child, index) => [child.name, index]));
  // A child can use only siblings that are declared before it, so the loop runs backwards.
  const ends = needs.slice();
  for (let i = ends.length - 1; i >= 0; i--) {
    for (const name of node.children[i].uses || []) {
      const used = indexes.get(name);
      if (used !== undefined) ends[used] = Math.max(ends[used], ends[i] + needs[used]);
    }
  }
  return ends.reduce((most, one) => Math.max(most, one), 0);
}

// Describes the state of a lease for the row of its supervisor.
function leaseText(lease) {
  if (lease.state === 'leading') return 'leading since ' + clock(app.at + app.skew - lease.lasted_ms);
  if (lease.state === 'lost') return 'lease lost: the children are being stopped';
  return 'standby: no lease' + (lease.last_loss_ms === undefined ? '' : ' · lost ' + say(since(lease.last_loss_ms)) + ' ago');
}

// Returns what is left of a duration that was received with the tree and has been running out since.
const leftOf = ms => Math.max(0, ms - (app.offline ? 0 : Date.now() - app.at));

// Returns the longest time that it may still take to stop a child; Infinity if there is no limit.
function needOf(node) {
  if (isDown(node) || node.state === 'restarting') return 0;
  const own = node.shutdown_ms === undefined ? Infinity : node.shutdown_ms;
  let need = own;
  if (node.children) {
    need = Math.min(own, needOfChildren(node), node.stop_left_ms === undefined ? Infinity : leftOf(node.stop_left_ms));
  }
  if (!node.children && node.stopping_ms !== undefined) need = Math.max(0, own - since(node.stopping_ms));
  return need;
}
