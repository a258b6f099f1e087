/** Renders a JSON Schema as a table of fields. */
import { renderHtmlTemplate, renderTextAsHtml, type SafeHtml } from './html.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns those entries of an object whose values are objects. */
export function getObjectEntries(value: unknown): readonly (readonly [string, JsonObject])[] {
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([name, entry]) => (isJsonObject(entry) ? [[name, entry] as const] : []))
    : [];
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns the schema that a `$ref` within the document refers to. Returns other schemas unchanged. */
export function resolveSchemaReference(schema: unknown, root: JsonObject): JsonObject {
  if (!isJsonObject(schema)) return {};
  const ref = schema['$ref'];
  if (typeof ref !== 'string') return schema;
  const target = ref
    .replace(/^#\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, part) => (isJsonObject(at) ? at[part] : undefined), root);
  return isJsonObject(target) ? resolveSchemaReference(target, root) : {};
}

function alternatives(schema: JsonObject): readonly unknown[] {
  return [...asArray(schema['anyOf']), ...asArray(schema['oneOf'])];
}

function typeOf(schema: JsonObject, root: JsonObject): string {
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  const choices = asArray(schema['enum']);
  if (choices.length > 0) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  const options = alternatives(schema);
  if (options.length > 0)
    return options.map((option) => typeOf(resolveSchemaReference(option, root), root)).join(' | ');
  if (schema['type'] === 'array') return `${typeOf(resolveSchemaReference(schema['items'], root), root)}[]`;
  return asArray(schema['type']).join(' | ') || String(schema['type'] ?? 'any');
}

const limits: Readonly<Record<string, string>> = {
  format: '',
  minLength: 'at least ',
  maxLength: 'at most ',
  minItems: 'at least ',
  maxItems: 'at most ',
  minimum: 'from ',
  maximum: 'to ',
  default: 'default ',
};

const LARGEST_SHOWN = 1e9;

function constraintsOf(schema: JsonObject): string {
  return Object.entries(limits)
    .filter(([name]) => schema[name] !== undefined && !(Math.abs(Number(schema[name])) > LARGEST_SHOWN))
    .map(([name, words]) => `${words}${String(schema[name])}${name.endsWith('Length') ? ' characters' : ''}`)
    .join(', ');
}

/**
 * Finds the object schema whose fields are shown for a schema. For an object, this is the schema itself.
 * For an array, it is the object schema found in the schema of the items. For a union, it is the object
 * schema in the first alternative that contains one. Undefined if there is none.
 */
function objectWithin(schema: JsonObject, root: JsonObject): JsonObject | undefined {
  if (isJsonObject(schema['properties'])) return schema;
  if (schema['items'] !== undefined) return objectWithin(resolveSchemaReference(schema['items'], root), root);
  return alternatives(schema)
    .map((option) => objectWithin(resolveSchemaReference(option, root), root))
    .find((found) => found !== undefined);
}

function fieldRows(schema: JsonObject, root: JsonObject, path: string): readonly SafeHtml[] {
  const required = new Set(asArray(schema['required']));
  return getObjectEntries(schema['properties']).flatMap(([name, property]) => {
    const field = resolveSchemaReference(property, root);
    const inner = objectWithin(field, root);
    const row = renderHtmlTemplate`<tr>
      <td><code>${path}${name}</code>${required.has(name) ? '' : renderHtmlTemplate` <span class="muted small">optional</span>`}</td>
      <td><code>${typeOf(field, root)}</code></td>
      <td class="small">${renderTextAsHtml(field['description'])} <span class="muted">${constraintsOf(field)}</span></td>
    </tr>`;
    return inner ? [row, ...fieldRows(inner, root, `${path}${name}.`)] : [row];
  });
}

/**
 * Renders a schema as a table with one row per field. Nested fields are named by their path. A schema without
 * fields is rendered as one line.
 */
export function renderSchema(schema: unknown, root: JsonObject): SafeHtml {
  const resolved = resolveSchemaReference(schema, root);
  const object = objectWithin(resolved, root);
  if (!object)
    return renderHtmlTemplate`<p class="small"><code>${typeOf(resolved, root)}</code> ${renderTextAsHtml(resolved['description'])}</p>`;
  return renderHtmlTemplate`<div class="scroll" tabindex="0"><table>
    <thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col"><span class="small">Description</span></th></tr></thead>
    <tbody>${fieldRows(object, root, '')}</tbody>
  </table></div>`;
}
