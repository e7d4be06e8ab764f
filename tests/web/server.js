// `semblante up` with a data directory of its own, and the photos that the tests send.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');
export const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'semblante-web-'));
const models = process.env.SEMBLANTE_MODELS_DIR ?? path.join(root, 'models');

/** Starts the server and answers its address when it listens. */
export async function start() {
  const settings = ['--set', `models_dir=${models}`];
  const up = spawn(
    path.join(target, 'debug/semblante'),
    ['up', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'data'), ...settings],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  const log = fs.createWriteStream(path.join(folder, 'up.log'));
  up.stderr.pipe(log);
  const base = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('`semblante up` did not listen within 120 s')), 120_000);
    up.stdout.on('data', (text) => {
      said += text;
      const found = said.match(/listening on (\S+)/);
      if (found) {
        clearTimeout(late);
        resolve(found[1]);
      }
    });
    up.on('exit', (code) =>
      reject(
        new Error(`\`semblante up\` ended with ${code}: ${fs.readFileSync(path.join(folder, 'up.log'), 'utf8').slice(-800)}`),
      ),
    );
  });
  return {
    base,
    stop: () =>
      new Promise((resolve) => {
        up.once('exit', resolve);
        up.kill('SIGTERM');
      }),
  };
}
/** A sample photo under another name; other bytes after its end make it another photo. */
export function photo(name, sample = 1, salt = name) {
  const bytes = fs.readFileSync(path.join(models, `sample${sample}.jpg`));
  return { name, mimeType: 'image/jpeg', buffer: salt ? Buffer.concat([bytes, Buffer.from(salt)]) : bytes };
}
/** A picture without a face, by the product's own maker. */
export function painting() {
  const file = path.join(folder, 'plain.png');
  const made = spawnSync(path.join(target, 'debug/semblante'), [
    'paint',
    '--emotion',
    'CALM',
    '--style',
    'flow',
    '--size',
    '256',
    '-o',
    file,
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  return { name: 'plain.png', mimeType: 'image/png', buffer: fs.readFileSync(file) };
}
