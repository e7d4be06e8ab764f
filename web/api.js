// The session and every request. The access token lives in this module only; the refresh token in a cookie that scripts
// cannot read.
import { lang } from './texts.js';

let token = null;
let renewAt = 0;
export const session = new EventTarget();
export let user = null;
const tabs = 'BroadcastChannel' in self ? new BroadcastChannel('semblante') : null;
const HINT = 'session';

export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail ?? body.title ?? body.code);
    Object.assign(this, { status, code: body.code ?? String(status), limit: body.limit, retryAfter });
  }
}
export const isOffline = (error) => error instanceof Problem && error.code === 'offline';
const changed = () => session.dispatchEvent(new Event('change'));
const keep = (on) => {
  try {
    if (on) localStorage.setItem(HINT, '1');
    else localStorage.removeItem(HINT);
  } catch {
    /* private mode */
  }
};

async function send(method, path, { body, headers = {}, signal, keepalive } = {}, bearer = token) {
  const all = { 'Accept-Language': lang(), ...headers };
  if (bearer) all.Authorization = `Bearer ${bearer}`;
  if (body !== undefined) all['Content-Type'] = 'application/json';
  try {
    return await fetch(path, {
      method,
      headers: all,
      signal,
      keepalive,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    session.dispatchEvent(new Event('offline'));
    throw new Problem(0, { code: 'offline' });
  }
}
async function problem(response) {
  const body = await response.json().catch(() => ({}));
  return new Problem(response.status, body, +response.headers.get('Retry-After') || undefined);
}
async function answer(response) {
  if (!response.ok && response.status !== 304) throw await problem(response);
  return response.headers.get('Content-Type')?.includes('json') ? response.json() : response;
}
function admit(body) {
  token = body.access_token;
  user = body.user ?? user;
  renewAt = Date.now() + (body.expires_in - 60) * 1000;
  keep(true);
  changed();
}
function forget() {
  token = null;
  user = null;
  keep(false);
  changed();
}
/** One tab at a time: the cookie changes with every renewal. */
async function renew() {
  const used = token;
  const one = async () => {
    if (token !== used) return Boolean(token);
    const response = await send('POST', '/api/v1/token/refresh', { headers: { 'X-Semblante-Page': '1' } }, null);
    if (response.status === 401) {
      if (user) session.dispatchEvent(new Event('ended'));
      forget();
      return false;
    }
    admit(await answer(response));
    return true;
  };
  return navigator.locks ? navigator.locks.request('semblante-session', one) : one();
}
/** A request with the session; renews it before it ends, and once more if it was refused. */
export async function request(method, path, options = {}) {
  if (token && Date.now() > renewAt) await renew();
  let response = await send(method, path, options);
  if (response.status === 401 && token && (await renew())) response = await send(method, path, options);
  return response;
}
export const call = async (method, path, options) => answer(await request(method, path, options));

export async function resume() {
  let hint = null;
  try {
    hint = localStorage.getItem(HINT);
  } catch {
    /* private mode */
  }
  if (hint) await renew();
  if (token && !user) {
    user = await call('GET', '/api/v1/auth/whoami');
    changed();
  }
  return user;
}
const enter = async (path, body) => {
  admit(await answer(await send('POST', `/api/v1/auth/${path}`, { body: { ...body, session: 'cookie' } }, null)));
  tabs?.postMessage('in');
};
export const login = (email, password) => enter('login', { email, password });
export const signup = (email, password, name) => enter('signup', { email, password, name: name || undefined });
export const trial = () => enter('demo', {});
export async function logout() {
  await call('POST', '/api/v1/auth/logout', { headers: { 'X-Semblante-Page': '1' } }).catch(() => {});
  forget();
  tabs?.postMessage('out');
}
export const leave = () => {
  forget();
  tabs?.postMessage('out');
};
tabs?.addEventListener('message', ({ data }) => {
  if (data === 'out' && token) forget();
  if (data === 'in' && !token) resume();
});
export const isTrial = () => Boolean(user?.email.endsWith('.invalid'));

export let installation = { demo_user: false, signup: true, max_upload_bytes: 20 * 2 ** 20, media_types: [], runtime: 'aws' };
export async function look() {
  installation = await answer(await send('GET', '/api/v1/installation', {}, null));
  return installation;
}

/** What an error means, in the reader's language. */
export function sentence(error, t) {
  if (!(error instanceof Problem)) return t('unexpected');
  if (error.code === 'offline') return t('offline');
  if (error.status === 429) return t('too_fast', { s: error.retryAfter ?? 5 });
  if (error.status === 507) return t('no_room');
  if (error.status >= 500) return t('server', { code: error.code });
  return t(`error_${error.code}`, {}, error.message);
}
