// Keys, the theme, the tabs of a narrow window, and the start of the page.

function move(by) {
  const at = rows.findIndex(node => node.path === app.selected);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  if (!next) return;
  select(next.path);
  if (app.opened !== null) open(next.path);
}

function nextTrouble() {
  const nodes = app.tree.nodes, from = nodes.findIndex(node => node.path === app.selected);
  for (let i = 1; i <= nodes.length; i++) {
    const node = nodes[(from + i) % nodes.length];
    if (isBad(node) || node.waits && node.waits.length) return reveal(node.path);
  }
}

const selected = () => app.tree && app.tree.byPath.get(app.selected);
const page = () => Math.max(1, Math.floor($('tree').clientHeight / HEIGHT) - 1);

const KEYS = {
  ArrowDown: () => move(1), ArrowUp: () => move(-1), j: () => move(1), k: () => move(-1),
  PageDown: () => move(page()), PageUp: () => move(-page()), Home: () => move(-1e9), End: () => move(1e9),
  ArrowRight: () => { const node = selected(); if (node && node.children && isFolded(node)) toggle(node); else move(1); },
  ArrowLeft: () => {
    const node = selected();
    if (!node) return;
    if (node.children && node.children.length && !isFolded(node) && node.depth) toggle(node);
    else if (node.parent !== undefined) select(app.tree.nodes[node.parent].path);
  },
  Enter: () => { const node = selected(); if (node) { if (app.opened === node.path) toggle(node); open(node.path); } },
  ' ': () => { const node = selected(); if (node) toggle(node); },
  '/': () => { $('search').focus(); $('search').select(); },
  n: nextTrouble, f: foldAll, t: () => $('theme').click(), '?': () => $('keys').showModal(),
  e: () => { showTab('line'); const first = $('entries').querySelector('.fold, button'); if (first) first.focus(); },
  Escape: () => {
    if (app.query) { app.query = $('search').value = ''; collect(); draw('tree'); } else if (app.opened !== null) close();
    $('tree').focus();
  },
};

document.addEventListener('keydown', event => {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (target.tagName === 'INPUT') {
    if (event.key === 'Escape') { KEYS.Escape(); event.preventDefault(); }
    else if (['ArrowDown', 'ArrowUp'].includes(event.key)) { KEYS[event.key](); event.preventDefault(); }
    else if (event.key === 'Enter') {
      const first = rows.find(node => node.isMatch);
      if (first) { const path = selected() && rows.includes(selected()) && selected().isMatch ? app.selected : first.path; select(path); open(path); }
      event.preventDefault();
    }
    return;
  }
  // Enter and space activate a button that has the focus.
  if (target.tagName === 'BUTTON' && (event.key === 'Enter' || event.key === ' ')) return;
  const act = KEYS[event.key];
  if (act && app.tree) { event.preventDefault(); act(); }
});

$('search').addEventListener('input', () => { app.query = $('search').value.trim(); $('tree').scrollTop = 0; collect(); draw('tree'); });
$('tree').addEventListener('scroll', () => draw('rows'), { passive: true });
addEventListener('resize', () => draw('rows', 'strip'));
$('help').addEventListener('click', () => $('keys').showModal());
$('keys-close').addEventListener('click', () => $('keys').close());
$('ask-close').addEventListener('click', () => { $('ask-token').value = ''; $('ask').close(); });
$('ask-form').addEventListener('submit', event => {
  event.preventDefault();
  token = $('ask-token').value;
  sessionStorage.setItem('token', token);
  $('ask').close();
});

const dark = matchMedia('(prefers-color-scheme: dark)');
function theme(choice) {
  if (choice) localStorage.setItem('theme', choice);
  const isDark = (choice || localStorage.getItem('theme') || (dark.matches ? 'dark' : 'light')) === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  draw('strip');
}
$('theme').addEventListener('click', () => theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'));
dark.addEventListener('change', () => theme());

function showTab(name) {
  document.body.dataset.tab = name;
  $('tab-tree').setAttribute('aria-pressed', name === 'tree');
  $('tab-line').setAttribute('aria-pressed', name === 'line');
  draw('rows', 'strip');
}
$('tab-tree').addEventListener('click', () => { close(); showTab('tree'); });
$('tab-line').addEventListener('click', () => { close(); showTab('line'); });

// Redraws the durations once a second, also if no event is received.
setInterval(() => {
  if (document.hidden || !app.tree) return draw('link');
  draw('link');
  if (!app.offline) draw('rows', 'waits', 'stop', 'health', 'strip');
}, 1000);
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });

theme();
showTab('tree');
DRAW.link();
fetchTree();
$('tree').focus();
