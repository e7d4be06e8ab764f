// A photo's way by the client that openapi-typescript and openapi-fetch make of the description. Arguments: the server, a photo.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import createClient from 'openapi-fetch';
import type { components, paths } from './semblante.js';

type Problem = components['schemas']['Problem'];
const [baseUrl = '', file = ''] = process.argv.slice(2);
const say = (step: string, ...facts: unknown[]) => console.log(`typescript: ${step}:`, ...facts);

/** The answer of a request that is not refused. */
function accepted<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (error) throw new Error(`${error.status} ${error.code}: ${error.detail}`);
  return data as T;
}

const anonymous = createClient<paths>({ baseUrl });
const refused = await anonymous.GET('/gallery');
assert.equal(refused.error?.code, 'missing_token');
const account = { email: 'typescript@example.org', password: 'Secreta123' };
const session = accepted(await anonymous.POST('/api/v1/auth/signup', { body: account }));
say('signed up', session.user.email, session.role);

const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${session.access_token}` } });
const photo = await readFile(file);
const sha256 = createHash('sha256').update(photo).digest('hex');
const body = { content_type: 'image/jpeg' as const, content_length: photo.length, sha256 };
const declared = accepted(await api.POST('/uploads', { body }));
assert(declared.upload, 'the photo is there already');
const put = await fetch(declared.upload.url, { method: declared.upload.method, headers: declared.upload.headers, body: photo });
assert.equal(put.status, 200);
const path = { id: declared.upload_id };
say('uploaded', photo.length, 'bytes');

const MAX_POLLS = 600;

/** The upload once this attempt is done. An ordered attempt begins a moment later. */
async function done(attempt: number) {
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    const upload = accepted(await api.GET('/uploads/{id}', { params: { path, header: { Prefer: 'wait=20' } } }));
    if (upload.done && upload.attempt >= attempt) return upload;
    await setTimeout(100);
  }
  throw new Error(`attempt ${attempt} is not done`);
}
const upload = await done(1);
assert.equal(upload.state, 'complete');
say('done', upload.emotion, `${upload.stages.length} stages`);

const gallery = accepted(await api.GET('/gallery', { params: { query: { limit: 5 } } }));
const [row] = gallery.uploads;
assert.equal(row?.upload_id, path.id);
assert(row.generated_image && row.melody);
for (const link of [row.generated_image, row.melody]) {
  const object = await fetch(link);
  say('gallery', object.status, object.headers.get('content-type'), (await object.arrayBuffer()).byteLength, 'bytes');
  assert.equal(object.status, 200);
}

const replay = { from_stage: 'image-generation' as const, reroll: true };
const { attempt } = accepted(await api.POST('/uploads/{id}/replay', { params: { path }, body: replay }));
const again = await done(attempt);
assert.deepEqual([again.attempt, again.state], [attempt, 'complete']);
say('replayed', `attempt ${attempt}`);

accepted(await api.DELETE('/uploads/{id}', { params: { path } }));
const gone = await api.GET('/uploads/{id}', { params: { path } });
assert.equal(gone.error?.code, 'not_found');
assert.deepEqual(accepted(await api.GET('/gallery')).uploads, []);
say('erased', gone.error.type);
