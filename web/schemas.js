// Schemas of the description: their types as text, an example of each, and their fields as elements.
import { h } from './dom.js';

const MAX_DEPTH = 6;
const REF = '#/components/schemas/';
let schemas = {};

export function learn(document) {
  schemas = document.components.schemas;
}
/** The name of a schema that is described once, or nothing. */
export const nameOf = (schema) => (schema?.$ref?.startsWith(REF) ? schema.$ref.slice(REF.length) : undefined);
const resolve = (schema) => (nameOf(schema) ? schemas[nameOf(schema)] : (schema ?? {}));
const types = (schema) => [schema.type ?? []].flat();
const choices = (schema) => (schema.oneOf ?? schema.anyOf ?? []).filter((one) => one.type !== 'null');
const isNullable = (schema) => types(schema).includes('null') || (schema.oneOf ?? schema.anyOf ?? []).some((one) => one.type === 'null');

/** A value that fits the schema. */
export function example(schema, depth = 0) {
  const found = resolve(schema);
  if (found.example !== undefined) return found.example;
  if (found.examples?.length) return found.examples[0];
  if (found.const !== undefined) return found.const;
  if (found.enum) return found.enum[0];
  if (found.default !== undefined) return found.default;
  if (found.allOf) return Object.assign({}, ...found.allOf.map((one) => example(one, depth + 1)));
  if (choices(found).length) return example(choices(found)[0], depth);
  if (depth > MAX_DEPTH) return null;
  switch (types(found).find((type) => type !== 'null')) {
    case 'object':
      return Object.fromEntries(Object.entries(found.properties ?? {}).map(([name, one]) => [name, example(one, depth + 1)]));
    case 'array':
      return found.prefixItems ? found.prefixItems.map((one) => example(one, depth + 1)) : [example(found.items, depth + 1)];
    case 'integer':
      return found.minimum ?? 1;
    case 'number':
      return found.minimum ?? 0.5;
    case 'boolean':
      return true;
    case 'string':
      return 'text';
    default:
      return null;
  }
}
const link = (name) => h('a.link', { href: `#schema-${name}` }, name);
/** The type as text and links. */
function typeOf(schema) {
  if (nameOf(schema)) return [link(nameOf(schema))];
  const found = schema ?? {};
  const some = choices(found);
  const end = isNullable(found) ? [' or null'] : [];
  if (some.length) return [...some.flatMap((one, at) => [at ? ' or ' : '', ...typeOf(one)]), ...end];
  const type = types(found).find((one) => one !== 'null') ?? 'any value';
  if (type === 'array') return ['list of ', ...typeOf(found.items), ...end];
  return [found.format ? `${type} (${found.format})` : type, ...end];
}
function limits(schema) {
  const found = schema ?? {};
  return [
    found.enum && `one of ${found.enum.join(', ')}`,
    found.minimum !== undefined && `at least ${found.minimum}`,
    found.maximum !== undefined && `at most ${found.maximum}`,
    found.minLength && !found.maxLength && `at least ${found.minLength} characters`,
    found.maxLength && `${found.minLength ?? 0} to ${found.maxLength} characters`,
    found.pattern && `pattern ${found.pattern}`,
    found.default !== undefined && `default ${JSON.stringify(found.default)}`,
  ].filter(Boolean);
}
/** Text with `code` between backticks. */
export const marked = (text) => (text ?? '').split('`').map((piece, at) => (at % 2 ? h('code', null, piece) : piece));
/** A row of a field or parameter. */
export function field(name, schema, { description, isRequired, place } = {}) {
  const facts = [...typeOf(schema), place && `, in ${place}`, isRequired ? ', required' : ''];
  const more = limits(schema);
  const text = description ?? schema?.description;
  return h(
    'div.field-row',
    null,
    h('dt', null, h('code', null, name), ' ', h('span.quiet', null, ...facts)),
    h('dd', null, text && h('p', null, ...marked(text)), more.length > 0 && h('p.quiet', null, more.join('; '))),
  );
}
/** The fields of an object, or the limits of another schema. */
export function fields(schema) {
  const found = resolve(schema);
  const all = found.allOf ? found.allOf.map(resolve) : [found];
  const properties = all.flatMap((one) => Object.entries(one.properties ?? {}));
  const required = new Set(all.flatMap((one) => one.required ?? []));
  if (properties.length)
    return h('dl.fields', null, ...properties.map(([name, one]) => field(name, one, { isRequired: required.has(name) })));
  return h('p', null, ...typeOf(nameOf(schema) ? found : schema), ...limits(found).flatMap((limit) => ['; ', limit]));
}
export const json = (value) => h('pre', null, h('code', null, JSON.stringify(value, null, 2)));
