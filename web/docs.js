// The API for people: /openapi.json as a page with an anchor for each operation and schema.
import { h, $ } from './dom.js';
import { example, field, fields, json, learn, marked, nameOf } from './schemas.js';

const spec = await (await fetch('/openapi.json')).json();
learn(spec);
const base = spec.servers[0].url;
const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, one]) => ({ path, method: method.toUpperCase(), ...one })),
);
const part = (ref) => ref.split('/').slice(1).reduce((at, key) => at[key], spec);
const resolved = (one) => (one.$ref ? part(one.$ref) : one);
const methodName = (method) => h(`span.method.m-${method}`, null, method);
const schemaLink = (schema) => nameOf(schema) && h('a.link', { href: `#schema-${nameOf(schema)}` }, nameOf(schema));

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
/** A command that sends the request. What begins with $ is the reader's to set. */
function curl({ method, path, parameters = [], requestBody, security }) {
  const query = parameters
    .map(resolved)
    .filter((one) => one.in === 'query' && one.required)
    .map((one) => `${one.name}=${encodeURIComponent(example(one.schema))}`);
  const target = path.replace(/\{(\w+)\}/g, (_, name) => `$${name.toUpperCase()}`);
  const words = [`"${base}${target}${query.length ? `?${query.join('&')}` : ''}"`];
  if (method !== 'GET') words.unshift(`-X ${method}`);
  if (security?.some((one) => one.bearer)) words.push('-H "Authorization: Bearer $TOKEN"');
  if (security?.some((one) => one.refresh)) words.push('-H "Authorization: Bearer $REFRESH_TOKEN"');
  const content = requestBody?.content ?? {};
  if (content['multipart/form-data']) words.push('-F image=@photo.jpg');
  else if (content['application/json'])
    words.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(example(content['application/json'].schema)))}`);
  else if (content['image/jpeg']) words.push("-H 'Content-Type: image/jpeg'", '--data-binary @photo.jpg');
  return `curl ${words.join(' \\\n  ')}`;
}

const codesOf = (answer) => answer['x-codes'] ?? [];
const problemLink = (code) => h('a.link', { href: `/docs/problems#${code}` }, h('code', null, code));
const listed = (nodes) => nodes.flatMap((node, at) => [at ? ', ' : '', node]);
// What is true of every operation is shown once. The two checks of health answer while traffic is off.
const onEvery = (has) => operations.filter(has).length >= operations.length - 2;
const everyParameter = operations[0].parameters.filter((one) => one.$ref && onEvery((other) => other.parameters.some(({ $ref }) => $ref === one.$ref)));
const everyCode = Object.entries(operations[0].responses).flatMap(([status, answer]) =>
  codesOf(answer).filter((code) => onEvery((other) => codesOf(other.responses[status] ?? {}).includes(code))).map((code) => [status, code]),
);
const isOnEvery = (status, code) => everyCode.some(([number, other]) => number === status && other === code);
const rows = (parameters) =>
  h(
    'dl.fields',
    null,
    ...parameters.map((one) => field(one.name, one.schema, { description: one.description, isRequired: one.required, place: one.in })),
  );
const every = () =>
  h(
    'section.every',
    { 'aria-labelledby': 'every' },
    h('h2', { id: 'every' }, 'Every operation'),
    rows(everyParameter.map(resolved)),
    h(
      'ul.answers',
      null,
      ...[...new Set(everyCode.map(([status]) => status))].map((status) =>
        h(
          'li',
          null,
          h('b.status', null, status),
          h('p', null, ...listed(everyCode.filter(([other]) => other === status).map(([, code]) => problemLink(code)))),
        ),
      ),
    ),
  );

function parameters(operation) {
  const own = (operation.parameters ?? []).filter((one) => !everyParameter.some(({ $ref }) => $ref === one.$ref));
  return own.length ? [h('h4', null, 'Parameters'), rows(own.map(resolved))] : [];
}
function body({ requestBody }) {
  if (!requestBody) return [];
  const content = Object.entries(requestBody.content);
  const isFile = ([, media]) => media.schema?.format === 'binary';
  const described = content.filter((one) => !isFile(one));
  const plain = content.filter(isFile).map(([type]) => type);
  return [
    h('h4', null, 'Request'),
    requestBody.description && h('p.quiet', null, `${requestBody.description}.`),
    plain.length > 0 && h('p', null, 'The bytes of a file: ', plain.join(', '), '.'),
    ...described.flatMap(([type, { schema }]) => [
      h('p', null, h('code', null, type), ' ', schemaLink(schema)),
      fields(schema),
      type === 'application/json' && json(example(schema)),
    ]),
  ];
}
function response([status, one]) {
  const codes = codesOf(one).filter((code) => !isOnEvery(status, code));
  const content = Object.entries(one.content ?? {});
  const told = codes.length
    ? listed(codes.map(problemLink))
    : marked(one.description);
  const shown = codes.length ? [] : content.flatMap(([type, { schema }]) => [' ', schemaLink(schema) ?? h('span.quiet', null, type)]);
  const headers = Object.keys(one.headers ?? {}).filter((name) => name !== 'X-Request-Id');
  const success = status.startsWith('2') && content.find(([type]) => type === 'application/json');
  return h(
    'li',
    null,
    h('b.status', null, status),
    h(
      'div',
      null,
      h('p', null, ...told, ...shown),
      headers.length > 0 && h('p.quiet', null, `Headers: ${headers.join(', ')}`),
      success && h('details', null, h('summary', null, 'Example'), json(example(success[1].schema))),
    ),
  );
}
/** Answers whose codes are all those of every operation are not repeated. */
const isShown = ([status, one]) => status !== 'default' && (!codesOf(one).length || codesOf(one).some((code) => !isOnEvery(status, code)));
function token({ security }) {
  if (!security?.length) return 'No token is needed.';
  const names = security.flatMap((one) => Object.keys(one));
  return names.includes('bearer') ? 'Needs an access token.' : 'Needs a refresh token.';
}
const article = (operation) =>
  h(
    'article.operation',
    { id: operation.operationId, 'aria-labelledby': `title-${operation.operationId}` },
    h(
      'h3',
      { id: `title-${operation.operationId}` },
      h('a', { href: `#${operation.operationId}` }, methodName(operation.method), ' ', h('code', null, operation.path)),
    ),
    h('p.summary', null, ...marked(operation.summary)),
    operation.description && h('p', null, ...marked(operation.description)),
    h('p.quiet', null, h('code', null, operation.operationId), ' · ', token(operation)),
    ...parameters(operation),
    ...body(operation),
    h('h4', null, 'Answers'),
    h('ul.answers', null, ...Object.entries(operation.responses).filter(isShown).map(response)),
    h('h4', null, 'Command'),
    h('pre.command', null, h('code', null, curl(operation))),
  );

const groups = spec.tags.map((tag) => ({ ...tag, operations: operations.filter((one) => one.tags.includes(tag.name)) }));
const anchor = (name) => `tag-${name.replaceAll(' ', '-')}`;
$('#main').append(
  h('p.lead', null, `Version ${spec.info.version} at ${base}. `, h('a.link', { href: '/openapi.json' }, 'OpenAPI 3.1 document'), '.'),
  h('p', null, ...marked(spec.info.description)),
  every(),
  h('p.none', { hidden: true }, 'No operation has all of these words.'),
  ...groups.map((group) =>
    h(
      'section.group',
      { 'aria-labelledby': anchor(group.name) },
      h('h2', { id: anchor(group.name) }, group.name),
      h('p.quiet', null, group.description),
      ...group.operations.map(article),
    ),
  ),
  h(
    'section.schemas',
    { 'aria-labelledby': 'schemas' },
    h('h2', { id: 'schemas' }, 'Schemas'),
    ...Object.entries(spec.components.schemas).map(([name, schema]) =>
      h(
        'article',
        { id: `schema-${name}`, 'aria-labelledby': `title-schema-${name}` },
        h('h3', { id: `title-schema-${name}` }, h('a', { href: `#schema-${name}` }, name)),
        schema.description && h('p', null, ...marked(schema.description)),
        fields(schema),
      ),
    ),
  ),
);

const words = new Map(
  operations.map((one) => {
    const codes = Object.values(one.responses).flatMap(codesOf);
    return [one.operationId, [one.method, one.path, one.operationId, one.summary, one.description, ...one.tags, ...codes].join(' ').toLowerCase()];
  }),
);
const count = h('p.quiet', { role: 'status' });
/** Hides the operations that lack one of the words. */
function search(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (id) => wanted.every((word) => words.get(id).includes(word));
  let shown = 0;
  for (const one of operations) {
    const is = fits(one.operationId);
    shown += is;
    for (const node of [document.getElementById(one.operationId), $(`.index [href="#${one.operationId}"]`).parentNode]) node.hidden = !is;
  }
  for (const group of document.querySelectorAll('.group, .index section')) group.hidden = !$('article:not([hidden]), li:not([hidden])', group);
  for (const node of document.querySelectorAll('.schemas, .every')) node.hidden = wanted.length > 0;
  $('.none').hidden = shown > 0;
  count.textContent = `${shown} of ${operations.length} operations`;
}
const input = h('input', { id: 'search', type: 'search', autocomplete: 'off', 'aria-keyshortcuts': '/', oninput: () => search(input.value) });
const list = (group) =>
  h(
    'section',
    null,
    h('h2', null, group.name),
    h(
      'ul',
      null,
      ...group.operations.map((one) => h('li', null, h('a', { href: `#${one.operationId}` }, methodName(one.method), ' ', h('span', null, one.path)))),
    ),
  );
const isWide = matchMedia('(min-width: 60rem)').matches;
$('.index').append(
  h('div.field', null, h('label', { for: 'search' }, 'Search (press /)'), input),
  count,
  h('details', { open: isWide }, h('summary', null, 'All operations'), ...groups.map(list)),
);
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target === input) return;
  event.preventDefault();
  input.focus();
});
search('');
// The target of the address did not exist when the browser looked for it.
if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
