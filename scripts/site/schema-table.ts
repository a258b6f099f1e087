/** Renders JSON Schemas as Markdown tables of their fields. */

export interface DescribedSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, DescribedSchema>>;
  readonly required?: readonly string[];
  readonly items?: DescribedSchema;
  readonly anyOf?: readonly DescribedSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ').trim();
}

function alternatives(schema: DescribedSchema): readonly DescribedSchema[] {
  return schema.anyOf ?? [schema];
}

function typeOf(schema: DescribedSchema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.items) return `array of ${typeOf(schema.items)}`;
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any']);
  return [...types.slice(0, -1), `${types.at(-1)}${schema.format ? ` (${schema.format})` : ''}`].join(' or ');
}

/**
 * The largest safe integer. A bound with this value is not shown, because it allows every integer that JavaScript
 * represents exactly.
 */
const LARGEST = Number.MAX_SAFE_INTEGER;

function range(from: number | undefined, to: number | undefined, unit: string): readonly string[] {
  if (from === undefined && to === undefined) return [];
  if (to === undefined) return [`at least ${from}${unit}`];
  return [from === undefined ? `at most ${to}${unit}` : `${from} to ${to}${unit}`];
}

function limitsOf(schema: DescribedSchema): readonly string[] {
  const from = schema.minimum === -LARGEST ? undefined : schema.minimum;
  const to = schema.maximum === LARGEST ? undefined : schema.maximum;
  return [
    ...range(schema.minLength, schema.maxLength, ' characters'),
    ...range(from, to, ''),
    ...range(schema.minItems, schema.maxItems, ' items'),
    ...(schema.default === undefined ? [] : [`default ${code(schema.default)}`]),
  ];
}

/** Returns the description of a schema, followed by the schema's bounds, such as its maximum length. */
export function describeSchema(schema: DescribedSchema): string {
  const limits = limitsOf(schema).join(', ');
  const sentence = limits === '' ? '' : `${limits.replace(/^./, (first) => first.toUpperCase())}.`;
  return [schema.description ?? '', sentence].filter((text) => text !== '').join(' ');
}

function rowsOf(schema: DescribedSchema, prefix: string): readonly string[] {
  return alternatives(schema).flatMap((alternative) => {
    if (alternative.items) return rowsOf(alternative.items, `${prefix}[]`);
    return Object.entries(alternative.properties ?? {}).flatMap(([name, field]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`;
      const isRequired = alternative.required?.includes(name) ?? false;
      const row = [code(path), typeOf(field), isRequired ? 'yes' : '', describeSchema(field)].map(cell);
      return [`| ${row.join(' | ')} |`, ...rowsOf(field, path)];
    });
  });
}

/**
 * Returns a Markdown table of a schema's fields, or an empty string if the schema has none. A nested field is named by
 * its path.
 */
export function renderFieldTable(schema: DescribedSchema): string {
  const rows = rowsOf(schema, '');
  return rows.length === 0
    ? ''
    : ['| field | type | required | description |', '|---|---|---|---|', ...rows].join('\n');
}

/** Returns a row of a Markdown table. */
export function renderTableRow(...cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Returns a cell of a Markdown table with the name of the schema's type. */
export function renderTypeName(schema: DescribedSchema): string {
  return typeOf(schema);
}
