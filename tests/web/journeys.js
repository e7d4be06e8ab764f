// What people do on the page. Every wait is for a condition.
import assert from 'node:assert/strict';
import zlib from 'node:zlib';

let accounts = 0;
/** Signs up by the form, and answers the account. */
async function signUp(page, base) {
  const account = { email: `p${(accounts += 1)}@example.com`, password: 'Secreta123' };
  await page.goto(`${base}/#/signup`);
  await page.fill('#email', account.email);
  await page.fill('#password', account.password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.wall');
  return account;
}
const send = (page, photos) => page.setInputFiles('#file', photos);
const done = (page, n = 1) =>
  page.waitForFunction((count) => document.querySelectorAll('.run img.scene').length === count, n, { timeout: 300_000 });
/** Signs up, sends a photo and opens its print. */
async function firstPrint(page, base, server) {
  await signUp(page, base);
  await send(page, [server.photo(`first-${accounts}.jpg`)]);
  await done(page);
  await page.click('.run .pick a');
  await page.waitForSelector('.player');
}
const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
const expectNone = (found, where) => assert.deepEqual(found, [], `axe on ${where}`);

/** A gallery answer of `n` rows, by cursor, without a server. */
async function longGallery(page, n) {
  const row = (at) => ({
    upload_id: `row-${at}`,
    filename: null,
    original_image: null,
    preview: null,
    emotion: ['HAPPY', 'CALM', 'SAD'][at % 3],
    confidence: 0.8,
    generated_image: '/web/strip-s.webp',
    melody: null,
    melody_midi: null,
    faces_count: 1,
    state: 'complete',
    created_at: new Date(Date.UTC(2026, 5, 1) - at * 3_600_000).toISOString(),
  });
  await page.route('**/gallery?*', (route) => {
    const query = new URL(route.request().url()).searchParams;
    const from = Number(query.get('cursor') ?? 0);
    const to = Math.min(n, from + Number(query.get('limit')));
    route.fulfill({
      json: { uploads: Array.from({ length: to - from }, (_, at) => row(from + at)), next_cursor: to < n ? String(to) : null },
    });
  });
}

export const journeys = {
  async 'first load weighs at most 60 kB'({ visit }) {
    const { page, base } = await visit();
    const files = new Set();
    page.on('response', (response) => files.add(response.url()));
    await page.goto(base);
    await page.waitForSelector('.sun');
    let bytes = 0;
    for (const url of files) {
      const answer = await page.request.get(url, { headers: { 'Accept-Encoding': 'gzip' } });
      const body = await answer.body();
      bytes += answer.headers()['content-encoding'] ? zlib.gzipSync(body, { level: 9 }).length : body.length;
      if (url.includes('/web/')) assert.equal(answer.headers()['x-content-type-options'], 'nosniff', url);
    }
    console.log(`first load: ${bytes} bytes in ${files.size} files`);
    assert.ok(bytes <= 60_000, `${bytes} bytes`);
  },
  async 'a first visit makes a picture without an account'({ visit, server }) {
    const { page, base } = await visit();
    await page.goto(base);
    await send(page, [server.photo('trial.jpg', 2)]);
    await done(page);
    await page.click('.run .pick a');
    await page.waitForSelector('.player .note');
    await page.click('.play');
    await page.waitForFunction(() => document.querySelector('.p-time').textContent.startsWith('0:01'));
    assert.ok((await page.locator('.fbox').count()) > 0);
  },
  async 'sign up, sign out, a wrong password, sign in'({ visit }) {
    const journey = await visit();
    const { page, base } = journey;
    journey.allowed = ['status of 401'];
    const account = await signUp(page, base);
    await page.goto(`${base}/#/account`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForSelector('.sun');
    await page.goto(`${base}/#/enter`);
    await page.fill('#email', account.email);
    await page.fill('#password', 'wrong-password');
    await page.click('button[type=submit]');
    await page.waitForFunction(() => document.querySelector('.msg').textContent.includes('do not match'));
    await page.fill('#password', account.password);
    await page.click('button[type=submit]');
    await page.waitForSelector('.vacant');
    await page.reload();
    await page.waitForSelector('.vacant');
  },
  async 'the same photo twice is one print, and a text file is refused'({ visit, server }) {
    const { page, base } = await visit();
    await signUp(page, base);
    await send(page, [server.photo('one.jpg', 3), { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('words') }]);
    await done(page);
    await page.getByText('This is not a photo that we can read.').waitFor();
    await send(page, [server.photo('other-name.jpg', 3, 'one.jpg')]);
    await page.getByText('You had this one').waitFor();
  },
  async 'a photo without a face says so and takes an emotion'({ visit, server }) {
    const { page, base } = await visit();
    await signUp(page, base);
    await send(page, [server.painting()]);
    await page.getByText('We saw no face').waitFor();
  },
  async 'correct, replay, delete and undo'({ visit, server }) {
    const { page, base } = await visit();
    await firstPrint(page, base, server);
    await page.keyboard.press('e');
    await page.locator('.fixo', { hasText: 'Fear' }).click();
    await page.getByRole('button', { name: 'It is fear' }).click();
    await page.waitForFunction(
      () => document.querySelector('h1')?.textContent === 'It is fear' && !document.querySelector('.remaking'),
    );
    const before = await page.locator('.picture img').getAttribute('src');
    await page.getByRole('button', { name: 'Replay from' }).click();
    await page.selectOption('dialog select', 'image-generation');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.waitForFunction(
      (old) => !document.querySelector('.remaking') && document.querySelector('.picture img')?.getAttribute('src') !== old,
      before,
    );
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForSelector('.print');
    await page.click('.print .plate');
    await page.waitForSelector('.player');
    const gone = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await page.getByRole('button', { name: 'Delete' }).click();
    assert.equal((await gone).status(), 204);
    await page.waitForSelector('.vacant');
  },
  async 'two tabs share a session, and signing out ends both'({ visit }) {
    const { page, base, context } = await visit();
    await signUp(page, base);
    const other = await context.newPage();
    await Promise.all([page.reload(), other.goto(base)]);
    await Promise.all([page.waitForSelector('.wall'), other.waitForSelector('.wall')]);
    await page.goto(`${base}/#/account`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await other.waitForSelector('.enter');
  },
  async 'an expired token is renewed unseen'({ visit }) {
    const journey = await visit();
    const { page, base } = journey;
    journey.allowed = ['status of 401'];
    await signUp(page, base);
    let refusals = 0;
    await page.route('**/gallery?*', (route) =>
      refusals++ ? route.continue() : route.fulfill({ status: 401, json: { code: 'invalid_token' } }),
    );
    const renewed = page.waitForResponse('**/token/refresh');
    await page.goto(`${base}/#/calendar`);
    assert.equal((await renewed).status(), 200);
    await page.waitForSelector('.cal');
  },
  async 'uploads go on after the network came back'({ visit, server }) {
    const journey = await visit();
    const { page, base, context } = journey;
    journey.allowed = ['ERR_INTERNET_DISCONNECTED', 'ERR_FAILED', 'ERR_NETWORK'];
    await signUp(page, base);
    await page.goto(`${base}/#/studio`);
    await page.waitForSelector('.runs');
    await context.setOffline(true);
    await send(page, [server.photo('tunnel.jpg', 4)]);
    await page.getByText('Paused: offline').waitFor();
    assert.ok(await page.locator('.banner').isVisible());
    await context.setOffline(false);
    await done(page);
  },
  async 'a hostile file name is only text'({ visit, server }) {
    const { page, base } = await visit();
    await signUp(page, base);
    await send(page, [server.photo('<img src=x onerror=alert(1)>.jpg', 5)]);
    await done(page);
    await page.click('.run .pick a');
    await page.waitForSelector('.player');
    assert.ok((await page.locator('.d-bar').textContent()).includes('<img src=x'));
    assert.equal(await page.locator('img[src=x]').count(), 0);
  },
  async 'every screen is accessible in both themes, at 320 px and enlarged'({ visit, findings, server }) {
    const journey = await visit({ reducedMotion: 'reduce' });
    const { page, base } = journey;
    await page.goto(base);
    await page.waitForSelector('.sun');
    expectNone(await findings(page), 'first visit');
    await firstPrint(page, base, server);
    const print = new URL(page.url()).hash;
    const screens = {
      '#/gallery': '.print',
      '#/studio': '.run',
      [print]: '.player',
      '#/calendar': '.cal',
      '#/account': '.people li',
    };
    for (const [hash, ready] of Object.entries(screens)) {
      for (const theme of ['light', 'dark']) {
        await page.goto(`${base}/${hash}`);
        await page.waitForSelector(ready);
        await page.evaluate((name) => {
          document.documentElement.dataset.theme = name;
        }, theme);
        expectNone(await findings(page), `${hash}, ${theme}`);
      }
      for (const width of [320, 640]) {
        await page.setViewportSize({ width, height: 720 });
        assert.ok((await sideways(page)) <= 0, `${hash} scrolls sideways at ${width} px`);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    }
  },
  async 'the keyboard alone reaches a print and comes back'({ visit, server }) {
    const { page, base } = await visit();
    await firstPrint(page, base, server);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.print .plate');
    await page.focus('.print .plate');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.player');
    await page.keyboard.press('f');
    await page.waitForSelector('.fullscr[open]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.fullscr', { state: 'detached' });
    await page.keyboard.press('c');
    await page.waitForSelector('.cal');
  },
  async 'ten thousand rows scroll with few nodes'({ visit }) {
    const { page, base } = await visit();
    await longGallery(page, 10_000);
    await signUp(page, base);
    await page.waitForSelector('.print');
    const height = () => page.evaluate(() => document.querySelector('.prints').style.height);
    const isLast = () => page.locator('.print [href="#/print/row-9999"]').count();
    for (let pages = 0; pages < 400 && !(await isLast()); pages += 1) {
      const before = await height();
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      await page.waitForFunction(
        (old) => document.querySelector('.prints').style.height !== old || document.querySelector('.print [href="#/print/row-9999"]'),
        before,
      );
    }
    await page.waitForSelector('.print [href="#/print/row-9999"]');
    assert.ok((await page.locator('.print').count()) < 80);
  },
  async 'thirty photos at once all become prints'({ visit, server }) {
    const { page, base } = await visit();
    await signUp(page, base);
    await send(
      page,
      Array.from({ length: 30 }, (_, at) => server.photo(`many-${at}.jpg`, 1 + (at % 6))),
    );
    await page.waitForFunction(
      () => document.querySelectorAll('.run').length === 30 && [...document.querySelectorAll('.run .pick')].length === 30,
      undefined,
      { timeout: 600_000 },
    );
  },
  async 'the documentation is searched by keyboard and leads to problems'({ visit, findings }) {
    const { page, base } = await visit();
    const foreign = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(base)) foreign.push(request.url());
    });
    const spec = await (await page.request.get(`${base}/openapi.json`)).json();
    const ids = Object.values(spec.paths).flatMap((item) => Object.values(item).map((one) => one.operationId));
    await page.goto(`${base}/docs#declare_upload`);
    await page.waitForSelector('.schemas');
    assert.equal(await page.locator('.operation').count(), ids.length);
    for (const id of ids) assert.equal(await page.locator(`#${id} .command`).count(), 1, id);
    const top = await page.locator('#declare_upload').evaluate((node) => node.getBoundingClientRect().top);
    assert.ok(top >= 0 && top < 200, `the anchor is at ${top}`);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
    const dead = await page.evaluate(() =>
      [...document.querySelectorAll('a[href^="#"]')].map((link) => link.hash.slice(1)).filter((id) => !document.getElementById(id)),
    );
    assert.deepEqual(dead, []);
    expectNone(await findings(page), 'the documentation');
    await page.keyboard.press('/');
    await page.keyboard.type('replay run_in_progress');
    await page.waitForFunction(() => document.querySelector('.index [role=status]').textContent.startsWith('1 of '));
    assert.deepEqual(
      await page.locator('.operation:visible').evaluateAll((shown) => shown.map((node) => node.id)),
      ['replay_upload'],
    );
    await page.fill('#search', 'no such words');
    await page.waitForSelector('.none:visible');
    await page.fill('#search', 'replay');
    await page.click('#replay_upload a:has-text("run_in_progress")');
    await page.waitForSelector('#run_in_progress');
    assert.equal(new URL(page.url()).hash, '#run_in_progress');
    expectNone(await findings(page), 'the page of problems');
    assert.deepEqual(foreign, []);
  },
  async 'the documentation fits 320 pixels in light and dark'({ visit, findings }) {
    for (const colorScheme of ['light', 'dark']) {
      const { page, base } = await visit({ viewport: { width: 320, height: 700 }, colorScheme });
      for (const path of ['/docs', '/docs/problems']) {
        await page.goto(`${base}${path}`);
        await page.waitForSelector('.schemas, .problem');
        assert.equal(await page.getAttribute('html', 'data-theme'), colorScheme);
        assert.equal(await sideways(page), 0, path);
        expectNone(await findings(page), `${path} in ${colorScheme}`);
      }
    }
  },
};
