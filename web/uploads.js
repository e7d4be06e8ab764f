// Photos on their way: hash, declare, put, then one poll for all until each is done.
import { Problem, call, installation, isOffline, sentence, user } from './api.js';
import { mb, t } from './texts.js';

const PARALLEL = 3;
const PAUSE_MS = 3000;
const TYPES = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heic',
  avif: 'image/avif',
  gif: 'image/gif',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
};
const ALIASES = { 'image/jpg': 'image/jpeg', 'image/pjpeg': 'image/jpeg', 'image/heif': 'image/heic' };

/** Newest first. Phases: waiting, hashing, sending, paused, refused (with `error`), then `doc` tells. */
export const items = [];
export const events = new EventTarget();
let running = 0;
let polling = false;
let since = null;
let nextKey = 1;
let worker = null;
const hashes = new Map();

const changed = (item) => events.dispatchEvent(new CustomEvent('change', { detail: item }));
export const isOpen = (item) => (item.doc ? !item.doc.done : item.phase !== 'refused');
export const needsYou = (item) =>
  item.phase === 'refused' || ['failed', 'expired', 'partial', 'no_face'].includes(item.doc?.state);
export const retryable = () => items.filter((item) => item.phase === 'refused' && item.mayRetry);

const typeOf = (file) => {
  const named = TYPES[file.name.split('.').pop().toLowerCase()];
  return file.type ? (ALIASES[file.type] ?? file.type) : (named ?? '');
};
export function add(files) {
  for (const file of files) {
    const item = {
      key: nextKey++,
      file,
      name: file.name,
      type: typeOf(file),
      size: file.size,
      url: URL.createObjectURL(file),
      phase: 'waiting',
      sent: 0,
    };
    const max = installation.max_upload_bytes;
    if (!file.size) refuse(item, t('empty_file'));
    else if (file.size > max) refuse(item, t('too_large', { mb: mb(file.size), max: mb(max) }));
    else if (installation.media_types.length && !installation.media_types.includes(item.type)) refuse(item, t('wrong_type'));
    items.unshift(item);
    changed(item);
  }
  pump();
}
function refuse(item, error, mayRetry = false) {
  Object.assign(item, { phase: 'refused', error, mayRetry });
  changed(item);
}
export function retry(list) {
  for (const item of list) {
    Object.assign(item, { phase: 'waiting', error: null, sent: 0 });
    changed(item);
  }
  pump();
}
export function dismiss(item) {
  items.splice(items.indexOf(item), 1);
  if (item.url) URL.revokeObjectURL(item.url);
  changed(item);
}
export function clear() {
  for (const item of [...items]) {
    item.request?.abort();
    dismiss(item);
  }
  since = null;
}

function pump() {
  while (running < PARALLEL) {
    const item = items.findLast((one) => one.phase === 'waiting');
    if (!item) return;
    running += 1;
    item.phase = 'hashing';
    changed(item);
    send(item)
      .catch((error) => fail(item, error))
      .finally(() => {
        running -= 1;
        item.request = null;
        pump();
      });
  }
}
function fail(item, error) {
  if (!items.includes(item)) return;
  if (!isOffline(error)) return refuse(item, sentence(error, t), true);
  item.phase = 'paused';
  changed(item);
  setTimeout(goOn, PAUSE_MS);
}
/** Paused photos go on when the network is back. */
export function goOn() {
  const paused = items.filter((item) => item.phase === 'paused');
  if (!paused.length) return;
  if (navigator.onLine) retry(paused);
  else setTimeout(goOn, PAUSE_MS);
}
/** The worker that hashes. Without a network its script may be missing: what waits for it is paused. */
function hasher() {
  const made = new Worker('/web/hash.js');
  made.onmessage = ({ data }) => {
    const wait = hashes.get(data.key);
    hashes.delete(data.key);
    if (data.sha256) wait.resolve(data.sha256);
    else wait.reject(new Problem(0, { code: 'unreadable', detail: data.error }));
  };
  made.onerror = () => {
    worker = null;
    for (const wait of hashes.values()) wait.reject(new Problem(0, { code: 'offline' }));
    hashes.clear();
  };
  return made;
}
function sha256(item) {
  worker ??= hasher();
  return new Promise((resolve, reject) => {
    hashes.set(item.key, { resolve, reject });
    worker.postMessage({ key: item.key, file: item.file });
  });
}
async function send(item) {
  item.sha256 ??= await sha256(item);
  const declared = await call('POST', '/uploads', {
    body: { content_type: item.type, content_length: item.size, sha256: item.sha256, filename: item.name.slice(0, 120) },
  });
  item.id = declared.upload_id;
  item.duplicate = Boolean(declared.duplicate) && !declared.upload;
  if (declared.upload) {
    item.phase = 'sending';
    changed(item);
    await put(item, declared.upload);
  }
  item.phase = 'sent';
  item.doc = await call('GET', `/uploads/${item.id}`);
  changed(item);
  poll();
}
/** XMLHttpRequest, because fetch tells no progress. 412: an earlier try got through. */
function put(item, { url, headers }) {
  return new Promise((resolve, reject) => {
    const xhr = (item.request = new XMLHttpRequest());
    xhr.open('PUT', url);
    for (const [name, value] of Object.entries(headers))
      if (!/^(content-length|host)$/i.test(name)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => {
      item.sent = loaded;
      changed(item);
    };
    xhr.onload = () => {
      if (xhr.status < 300 || xhr.status === 412) return resolve();
      let body = {};
      try {
        body = JSON.parse(xhr.responseText);
      } catch {
        /* S3 answers XML */
      }
      reject(new Problem(xhr.status, body));
    };
    xhr.onerror = xhr.ontimeout = () => reject(new Problem(0, { code: 'offline' }));
    xhr.onabort = () => resolve();
    xhr.send(item.file);
  });
}
/** Follows an upload that is made again. */
export function follow(doc) {
  const item = items.find((one) => one.id === doc.upload_id);
  if (item) Object.assign(item, { doc });
  else items.unshift({ key: nextKey++, id: doc.upload_id, name: doc.filename ?? '', url: null, phase: 'sent', doc });
  changed(item ?? items[0]);
  poll();
}
const listed = (query, wait) => call('GET', `/uploads?limit=100${query}`, { headers: wait ? { Prefer: `wait=${wait}` } : {} });

/** What is under way on the server, and the cursor from which to listen. */
export async function start() {
  let page;
  let cursor = '';
  do {
    page = await listed(`&state=running${cursor}`);
    for (const doc of page.uploads) if (!items.some((item) => item.id === doc.upload_id)) follow(doc);
    cursor = `&since=${encodeURIComponent(page.since)}`;
  } while (page.next_cursor);
  since = page.since;
}
async function poll() {
  if (polling) return;
  polling = true;
  while (user && items.some((item) => item.doc && !item.doc.done)) {
    try {
      if (since === null) await start();
      const page = await listed(`&since=${encodeURIComponent(since)}`, 20);
      since = page.since;
      for (const doc of page.uploads) await apply(doc);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  polling = false;
}
async function apply(doc) {
  const item = items.find((one) => one.id === doc.upload_id);
  if (!item || item.phase !== 'sent') return;
  item.doc = doc.done ? await call('GET', `/uploads/${doc.upload_id}`) : doc;
  changed(item);
  if (doc.done) events.dispatchEvent(new CustomEvent('done', { detail: item }));
}
