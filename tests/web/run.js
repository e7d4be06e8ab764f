// Runs the journeys one after another, each in a browser context of its own. Prints a line like Cargo's at the end.
import { chromium } from 'playwright-core';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import * as server from './server.js';
import { journeys } from './journeys.js';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const WAIT_MS = 60_000;
const wanted = process.argv[2] ?? '';
const up = await server.start();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
let [passed, failed] = [0, 0];
// A journey that fails leaves waits behind; its failure is printed already.
process.on('unhandledRejection', () => {});

/** A page that collects what the console and the CSP complain of. `expected`: complaints that a journey provokes. */
async function visit(options = {}) {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 900 },
    bypassCSP: false,
    ...options,
  });
  context.setDefaultTimeout(WAIT_MS);
  const complaints = [];
  const listen = (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  };
  context.on('page', listen);
  const page = await context.newPage();
  return { context, page, complaints, base: up.base };
}
/** axe-core's findings on a page, as text. The script is evaluated, not loaded: the page's CSP stays in force. */
async function findings(page) {
  await page.evaluate(axe);
  return page.evaluate(async () =>
    (await axe.run(document, { resultTypes: ['violations'] })).violations.map(
      (one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`,
    ),
  );
}
for (const [name, journey] of Object.entries(journeys)) {
  if (!name.includes(wanted)) continue;
  const open = [];
  try {
    await journey({
      visit: async (options) => {
        const made = await visit(options);
        open.push(made);
        return made;
      },
      findings,
      server,
    });
    for (const { complaints, allowed } of open) {
      const bad = complaints.filter((text) => !(allowed ?? []).some((one) => text.includes(one)));
      if (bad.length) throw new Error(`the console says: ${bad.join(' | ')}`);
    }
    passed += 1;
    console.log(`test ${name} ... ok`);
  } catch (error) {
    failed += 1;
    console.log(`test ${name} ... FAILED\n${error.stack}`);
    for (const [at, { page }] of open.entries())
      await page.screenshot({ path: `${server.folder}/${name.replaceAll(' ', '-')}-${at}.png` }).catch(() => {});
  }
  for (const { context } of open) await context.close();
}
await browser.close();
await up.stop();
if (!failed) fs.rmSync(server.folder, { recursive: true });
else console.log(`screenshots and log: ${server.folder}`);
console.log(`\ntest result: ${failed ? 'FAILED' : 'ok'}. ${passed} passed; ${failed} failed;`);
process.exit(failed ? 1 : 0);
