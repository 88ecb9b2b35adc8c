// Drives the page in Chromium. `node page.mjs FOLDER URL TOKEN`; the folder has `node_modules`, and gets
// the pictures. A line `> order` is carried out by the program that is shown, which answers `done`.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { strict as assert } from 'node:assert';

const [folder, url, token] = process.argv.slice(2);
const { chromium } = createRequire(folder + '/')('playwright-core');

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function order(text) {
  console.log('> ' + text);
  assert.equal((await answers.next()).value, 'done');
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let failed = null;
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  context.setDefaultTimeout(30000);
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', error => wrong.push(String(error)));
  page.on('dialog', dialog => { wrong.push('a dialog: ' + dialog.message()); dialog.dismiss(); });
  page.on('console', message => { if (/Content Security Policy|Refused/.test(message.text())) wrong.push(message.text()); });
  const row = name => page.getByRole('treeitem').filter({ has: page.locator('.name', { hasText: name }) });
  const shot = name => page.screenshot({ path: folder + '/shots/' + name + '.png' });
  // Waits until the text of an element matches: the page draws after an event, not within it.
  const reads = async (locator, pattern) => {
    for (const until = Date.now() + 30000; Date.now() < until;) {
      if (pattern.test(await locator.innerText())) return;
      await page.waitForTimeout(20);
    }
    assert.match(await locator.innerText(), pattern);
  };
  const step = async (name, act) => { await act(); console.log('ok: ' + name); };

  await step('the tree is there, with a pool of 10,000 that is folded', async () => {
    await page.goto(url);
    await row('customers').waitFor();
    await reads(row('customers'), /10,000 children/);
    await page.locator('#pill', { hasText: /^ready$/ }).waitFor();
    assert.equal(await page.getByRole('treeitem').filter({ visible: true }).count() < 60, true);
    await shot('calm');
  });

  await step('what was before the first event is told from the tree', async () => {
    // The start of 10,000 customers is more than the program keeps, so that the start of the others is lost.
    await page.waitForFunction(() => isFilled);
    const [told, first] = await page.evaluate(() => [entries[0].word + ' ' + entries[0].count, entries[0].paths.includes('orders/ledger')]);
    assert.match(told, /^started \d+$/);
    assert.equal(first, true, 'the first children that started are told');
    const [starts, children] = await page.evaluate(() => [entries.reduce((sum, entry) => sum + (entry.word === 'started' ? entry.count : 0), 0), app.tree.nodes.length - 1]);
    assert.equal(starts, children, 'each start is told once, by an event or from the tree');
  });

  await step('the budget of a stop knows the order, the drain and the limit for the whole', async () => {
    const needs = await page.evaluate(() => {
      const child = (name, shutdown_ms, uses) => ({ name, state: 'running', children: null, shutdown_ms, uses });
      const of = more => needOf({ state: 'running', strategy: 'one_for_one', children: [child('db', 5000), child('cache', 1000, ['db']), child('web', 2000, ['cache']), child('mail', 4000, ['db'])], ...more });
      return [of({}), of({ order: 'by_use' }), of({ strategy: 'simple_one_for_one' }), of({ shutdown_ms: 6000 }),
        of({ children: [child('slow')] }), Math.round(of({ children: [child('slow')], stop_left_ms: 100000 }) / 10000)];
    });
    // By use: `web` and then `cache`, or `mail`, and then `db`.
    assert.deepEqual(needs, [12000, 9000, 5000, 6000, Infinity, 10]);
  });

  await step('a name with markup is a text', async () => {
    await row("<script>alert('name')<|script>").waitFor();
    assert.equal(await page.locator('body script').count(), 1, 'the page has its own script and no other');
  });

  await step('a pool unfolds by its arrow, and only the rows in sight exist', async () => {
    await row('customers').locator('.caret').click();
    await row('#1').first().waitFor();
    await page.locator('#tree').evaluate(tree => { tree.scrollTop = tree.scrollHeight; });
    await row('#10000').waitFor();
    assert.equal(await page.locator('.row').count() < 60, true);
  });

  await step('10,000 rows scroll without a stutter', async () => {
    const slowest = await page.evaluate(async () => {
      const tree = document.getElementById('tree'), costs = [];
      for (let i = 0; i < 60; i++) {
        tree.scrollTop = i * 5000;
        const began = performance.now();
        DRAW.rows();
        document.body.offsetHeight;
        costs.push(performance.now() - began);
        await new Promise(requestAnimationFrame);
      }
      return costs.sort((a, b) => a - b)[Math.floor(costs.length * 0.9)];
    });
    console.log('   a frame of 10,000 rows takes ' + slowest.toFixed(1) + ' ms (the slowest tenth)');
    assert.equal(slowest < 50, true, slowest + ' ms');
    await shot('many');
    await page.keyboard.press('Home');
    await row('customers').locator('.caret').click();
  });

  await step('the keyboard goes through the tree, folds, and opens a child', async () => {
    await page.locator('#tree').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.locator('.row.selected:not([hidden])', { hasText: 'orders' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await row('ledger').waitFor({ state: 'hidden' });
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#detail h2', { hasText: 'ledger' }).waitFor();
    await reads(page.locator('#detail'), /orders\/ledger/);
    await page.keyboard.press('Escape');
    await page.locator('#detail').waitFor({ state: 'hidden' });
  });

  await step('a search finds a child among all, by the keyboard', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('customers/#7777');
    await row('#7777').waitFor();
    await page.locator('#counts', { hasText: /^1 of 10,0/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#detail h2', { hasText: '#7777' }).waitFor();
    await page.keyboard.press('Escape');
    await row('ledger').waitFor();
    await page.keyboard.press('Escape');
  });

  await step('a crash opens to its chain of errors, and says who was restarted with it', async () => {
    await order('fail');
    const entry = page.locator('.entry.crash', { hasText: 'order 4711 was not booked' });
    await entry.waitFor();
    await entry.getByText('with intake').waitFor();
    await entry.getByText('4 restarts left').waitFor();
    await entry.locator('.fold').click();
    await reads(entry.locator('.cause'), /^<img src=x onerror=alert\(1\)> connection reset$/);
    assert.equal(await page.locator('#entries img').count(), 0);
    await row('orders').locator('.limit[title^="4 of 5 restarts"]').waitFor();
    await shot('crash');
  });

  await step('a panic tells its place', async () => {
    await order('panic');
    const entry = page.locator('.entry.crash', { hasText: 'mailer' }).first();
    await entry.locator('.fold').click();
    await reads(entry.locator('.place'), /panic at .*browser\.rs:\d+:\d+/);
    assert.notEqual(await page.title(), 'broken');
  });

  await step('a flood of events does not push a crash out', async () => {
    const kept = await page.evaluate(() => {
      for (let i = 0; i < 3000; i++) note({ kind: 'messages_left', path: 'flood/' + i, at: Date.now() + app.skew, count: 1 });
      return [entries.length, entries.filter(entry => entry.type === 'crash' && entry.path === 'mailer').length];
    });
    assert.deepEqual(kept, [600, 1]);
  });

  await step('children that wait for each other in a circle are shown', async () => {
    await order('wait');
    await page.locator('#waits .circle').waitFor();
    await reads(page.locator('#waits .circle'), /in a circle/);
    await row('mailer').getByText('waits for orders/ledger').waitFor();
    await shot('waits');
    await row('ledger').click();
    await act('kill');
    await page.locator('#waits').waitFor({ state: 'hidden' });
  });

  // Asks for an action by the buttons; gives the token the first time.
  async function act(action) {
    await page.locator('#detail .action.' + action).click();
    await page.getByRole('button', { name: 'Yes, ' + action }).click();
    const field = page.locator('#ask-token');
    await Promise.race([field.waitFor().catch(() => {}), page.getByText('done').waitFor().catch(() => {})]);
    if (await field.isVisible()) { await field.fill(token); await page.keyboard.press('Enter'); await page.getByText('done').waitFor(); }
  }

  await step('an action is told in the time line, with who asked for it', async () => {
    await page.keyboard.press('Escape');
    await page.locator('.entry.operator', { hasText: 'alice: asked for: kill' }).first().waitFor();
  });

  await step('health tells its reasons', async () => {
    await order('unready');
    await page.locator('#health', { hasText: 'Not ready' }).getByText('is not ready: no lease').waitFor();
    await page.locator('#pill', { hasText: 'not ready' }).waitFor();
    await row('mailer').locator('.what.bad', { hasText: 'is not ready: no lease' }).waitFor();
    await page.locator('#health .path').click();
    await page.locator('#detail h2', { hasText: 'mailer' }).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
  });

  await step('a lease: who leads, since when, and that it was lost', async () => {
    await page.locator('#leases', { hasText: /^leading$/ }).waitFor();
    await row('jobs').locator('.what', { hasText: /^leading since \d\d:\d\d:\d\d$/ }).waitFor();
    await row('jobs').click();
    const detail = page.locator('#detail');
    await reads(detail, /lease\nthe jobs\nthis replica\nleading since [\d:]+, for .*\nfence\n1\ncertain for\n.* without a renewal\nacquired\n1 time\n/);
    await order('lose the lease');
    await page.locator('#leases', { hasText: /^standby$/ }).waitFor();
    await row('jobs').locator('.what', { hasText: /^standby: no lease · lost .* ago$/ }).waitFor();
    await page.locator('.entry.lease_lost', { hasText: 'it was taken away' }).waitFor();
    await detail.getByText('1 time, lost 1 time').waitFor();
    await shot('standby');
    await order('end the other replica');
    await page.locator('#leases', { hasText: /^leading$/ }).waitFor();
    await detail.getByText('2 times, lost 1 time').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
  });

  await step('shards: how many of them run here, while another replica joins and leaves', async () => {
    await order('share');
    await page.locator('#leases', { hasText: /^leads 4 of 7$/ }).waitFor();
    // All rows are in sight.
    await page.setViewportSize({ width: 1440, height: 1500 });
    await row('balancer').waitFor();
    const led = page.getByRole('treeitem').locator('.what', { hasText: /^leading since/ });
    const standby = page.getByRole('treeitem').locator('.what', { hasText: /^standby/ });
    await standby.nth(2).waitFor();
    await shot('shards');
    await order('end the sharing');
    await page.locator('#leases', { hasText: /^leads 7 of 7$/ }).waitFor();
    await led.nth(6).waitFor();
    assert.equal(await standby.count(), 0);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  await step('the page says that what it shows is old, and connects again by itself', async () => {
    await order('stop admin');
    await page.locator('#link.old').waitFor();
    await reads(page.locator('#link'), /old, trying again/);
    await shot('old');
    await order('start admin');
    await page.locator('#link', { hasText: /^live$/ }).waitFor();
    await page.locator('#pill', { hasText: /ready/ }).waitFor();
    await order('kill admin');
    await row('admin').locator('.life', { hasText: '#3' }).waitFor();
  });

  await step('dark, and a phone', async () => {
    await page.keyboard.press('t');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await shot('dark');
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole('button', { name: 'Time line' }).click();
    await page.locator('.entry').first().waitFor();
    await shot('phone-line');
    await page.getByRole('button', { name: 'Tree' }).click();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(wide <= 390, true, 'the page is ' + wide + ' wide');
    await shot('phone');
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  await step('a shutdown is shown as it goes on', async () => {
    await order('shutdown');
    await page.locator('#stop', { hasText: 'Stopping for' }).waitFor();
    await page.locator('#stop li', { hasText: 'orders/ledger' }).waitFor();
    await shot('stop');
    await page.locator('#stop', { hasText: /has ended|does not answer any more/ }).waitFor();
  });

  assert.deepEqual(wrong, []);
} catch (error) {
  failed = error;
  for (const page of browser.contexts().flatMap(context => context.pages())) {
    await page.screenshot({ path: folder + '/shots/failed.png' }).catch(() => {});
  }
}
await browser.close();
if (failed) { console.log(failed.stack); process.exit(1); }
process.exit(0);
