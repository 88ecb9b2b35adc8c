// The connection to the program: requests for the tree, and the stream of events.

const base = location.pathname.endsWith('/') ? location.pathname : location.pathname + '/';
let token = sessionStorage.getItem('token') || '';
// The fragment of the address may contain a token. Browsers do not send fragments to servers.
const inAddress = new URLSearchParams(location.hash.slice(1)).get('token');
if (inAddress) {
  token = inAddress;
  sessionStorage.setItem('token', token);
  history.replaceState(null, '', location.pathname + location.search);
}

const headers = more => token ? { ...more, authorization: 'Bearer ' + token } : more;

// Asks the user for a token. Resolves to false if the user cancels.
let asking = null;
function askForToken(why) {
  asking ??= new Promise(resolve => {
    $('ask-why').textContent = why;
    $('ask').returnValue = '';
    $('ask').showModal();
    $('ask').addEventListener('close', () => { asking = null; resolve(Boolean($('ask-token').value)); }, { once: true });
  });
  return asking;
}

let hasRead = false; // true once the events that the program has kept have been received
let lastAsked = 0, cost = 0, timer = 0, busy = false, again = false, lastEvent = '', boot = null;

// Requests the tree, at the earliest four times as long after the last request as that took, so that a large tree
// is requested less often.
function refresh(after = 0) {
  if (busy) { again = true; return; }
  // At most three seconds: an answer may also have been late because the server was being restarted.
  const rest = Math.min(3000, Math.max(300, cost * 4));
  const wait = Math.max(after, lastAsked + rest - Date.now());
  clearTimeout(timer);
  timer = setTimeout(fetchTree, Math.max(0, wait));
}

async function fetchTree() {
  if (document.hidden) return;
  busy = true;
  lastAsked = Date.now();
  const began = performance.now();
  try {
    const answer = await fetch(base + 'api/tree', { headers: headers({}), signal: AbortSignal.timeout(10000) });
    if (answer.status === 401) { busy = false; if (await askForToken('The program asks for a token.')) refresh(); return; }
    if (answer.status === 503) { app.stopped = true; app.offline = false; if (app.tree) draw('header'); }
    else if (!answer.ok) throw new Error(answer.status);
    else show(await answer.json());
  } catch (error) {
    if (!app.offline) { app.offline = true; draw('header', 'link'); }
  }
  busy = false;
  cost = performance.now() - began;
  const stopping = app.tree && app.tree.root.state === 'stopping';
  clearTimeout(timer);
  if (again) { again = false; refresh(); } else refresh(app.offline ? 1000 : stopping ? 400 : 2000);
}

function show(data) {
  app.at = Date.now();
  app.skew = data.now - app.at;
  if (app.offline) connect();
  app.offline = false;
  app.stopped = false;
  if (boot !== null && boot !== data.boot) {
    pushEntry({ type: 'boot', at: data.now });
    lastEvent = '';
    connect();
  }
  const first = boot === null;
  boot = data.boot;
  app.tree = modelOf(data);
  if (first && app.selected === null) app.selected = '';
  draw('tree', 'detail', 'link');
  if (first) connect();
  // A tree that was requested after the first events contains everything that happened before them.
  if (hasRead) fillFromTree();
}

// Reads the stream of events. If the stream breaks, opens another one that continues after the last event.
let stream = null;
async function connect() {
  if (stream) stream.abort();
  const own = stream = new AbortController();
  let pause = 500;
  while (own === stream) {
    try {
      const more = lastEvent ? { 'last-event-id': lastEvent } : {};
      const answer = await fetch(base + 'api/events', { headers: headers({ accept: 'text/event-stream', ...more }), signal: own.signal });
      if (answer.status === 401) { if (!await askForToken('The program asks for a token.')) await pauseFor(2000); continue; }
      if (!answer.ok) throw new Error(answer.status);
      pause = 500;
      // The events that the program has kept are sent at the beginning of the stream.
      setTimeout(() => { hasRead = true; }, 1000);
      await read(answer.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch (error) {
      if (own !== stream) return;
    }
    refresh();
    await pauseFor(pause);
    pause = Math.min(5000, pause * 2);
  }
}

const pauseFor = ms => new Promise(resolve => setTimeout(resolve, ms));

// Shows the stop of the whole tree without waiting for the next request of the tree.
function beginStop(event) {
  if (event.kind !== 'supervisor_stopping' || event.path !== '/' || !app.tree || event.at < app.at + app.skew) return;
  Object.assign(app.tree.root, { state: 'stopping', stopping_ms: 0 });
  lastAsked = 0;
  draw('header');
}

async function read(reader) {
  let text = '', id = '', data = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const lines = text.split('\n');
    text = lines.pop();
    let any = false;
    for (const line of lines) {
      if (line === '') {
        if (data.length) { const event = JSON.parse(data.join('\n')); note(event); beginStop(event); any = true; }
        if (id) lastEvent = id;
        data = [];
      } else if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
      else if (line.startsWith('id:')) id = line.slice(3).trim();
    }
    if (any) { draw('entries'); refresh(); }
  }
}

async function act(action, path, box) {
  for (;;) {
    box.replaceChildren(el('span', 'answer muted', action + ' …'));
    let answer;
    try {
      answer = await fetch(base + 'api/actions', { method: 'POST', headers: headers({ 'content-type': 'application/json' }), body: JSON.stringify({ action, path }) });
    } catch (error) {
      return answered(box, 'there is no connection', false);
    }
    if (answer.status === 401 && await askForToken('An action needs the token of an operator.')) continue;
    const text = await answer.text().catch(() => 'there is no connection any more');
    refresh();
    return answered(box, text.trim(), answer.ok);
  }
}

// Shows the answer to an action for some seconds, and then the buttons again.
function answered(box, text, isWell) {
  const said = el('span', 'answer ' + (isWell ? 'muted' : 'bad'), text);
  box.replaceChildren(said);
  setTimeout(() => { said.remove(); draw('detail'); }, isWell ? 1500 : 5000);
}

DRAW.link = () => {
  const age = Date.now() - app.at;
  const old = app.offline || age > 8000;
  document.body.classList.toggle('old', old && Boolean(app.tree));
  $('link').className = 'link' + (old ? ' old' : '');
  put($('link'), !app.tree ? (app.offline ? 'no connection' : 'connecting') : old ? say(age) + ' old, trying again' : 'live');
};
