/** Renders the OpenAPI document as pages of the documentation site, one page per tag. */
import { basename } from 'node:path';
import {
  type DescribedSchema,
  describeSchema,
  renderFieldTable,
  renderTableRow,
  renderTypeName,
} from './schema-table.ts';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: DescribedSchema }>>;
}

interface Response extends Content {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

interface Reference {
  /** A reference to a response that several operations share: `#/components/responses/…` */
  readonly $ref: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: DescribedSchema;
}

interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

export interface OpenApiDocument {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, DescribedSchema>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

export interface ReferencePage {
  readonly name: string;
  readonly label: string;
  readonly markdown: string;
}

function parameterTable(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(({ name, in: place, required, description, schema }) =>
    renderTableRow(
      `\`${name}\``,
      place,
      renderTypeName(schema),
      required ? 'yes' : '',
      describeSchema({ ...schema, ...(description === undefined ? {} : { description }) }),
    ),
  );
  return ['| parameter | in | type | required | description |', '|---|---|---|---|---|', ...rows].join('\n');
}

type Named = Readonly<Record<string, DescribedSchema>>;

/**
 * Resolves all references in a schema, at any depth: replaces each reference by the schema to which it
 * refers.
 */
function resolved(schema: DescribedSchema, named: Named): DescribedSchema;
function resolved(schema: DescribedSchema | undefined, named: Named): DescribedSchema | undefined;
function resolved(schema: DescribedSchema | undefined, named: Named): DescribedSchema | undefined {
  if (schema === undefined) return undefined;
  const target =
    schema.$ref === undefined ? schema : named[schema.$ref.slice('#/components/schemas/'.length)];
  const { items, properties } = target ?? schema;
  return {
    ...(target ?? schema),
    ...(items && { items: resolved(items, named) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [name, resolved(field, named)]),
      ),
    }),
  };
}

/** Renders the description of a request or response body: the fields of its JSON format, and its other media types. */
function bodyOf({ content = {} }: Content, named: Named): string {
  const types = Object.keys(content);
  const schema = resolved(content['application/json']?.schema, named);
  if (schema === undefined) return types.map((type) => `\`${type}\``).join(', ');
  return [types.map((type) => `\`${type}\``).join(', '), renderFieldTable(schema)].join('\n\n');
}

function responseTable(responses: Readonly<Record<string, Response>>): string {
  const rows = Object.entries(responses).map(([status, { description, headers = {} }]) =>
    renderTableRow(
      status,
      description,
      Object.keys(headers)
        .map((name) => `\`${name}\``)
        .join(', '),
    ),
  );
  return ['| status | meaning | headers |', '|---|---|---|', ...rows].join('\n');
}

function successBodies(responses: Readonly<Record<string, Response>>, named: Named): readonly string[] {
  return Object.entries(responses)
    .filter(([status, { content }]) => status.startsWith('2') && content?.['application/json'] !== undefined)
    .map(([status, response]) => `**Body of ${status}**\n\n${bodyOf(response, named)}`);
}

/**
 * Returns the responses of an operation, with all references resolved.
 * @throws Error if a reference names nothing in the OpenAPI document
 */
function responsesOf(
  { responses }: Operation,
  { responses: shared }: OpenApiDocument['components'],
): Readonly<Record<string, Response>> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const found = '$ref' in response ? shared[basename(response.$ref)] : response;
      if (found === undefined) throw new Error(`the OpenAPI document has a broken reference at ${status}`);
      return [status, found];
    }),
  );
}

function operationSection(
  path: string,
  method: string,
  operation: Operation,
  components: OpenApiDocument['components'],
): string {
  const named = components.schemas;
  const parameters = parameterTable(operation.parameters);
  const responses = responsesOf(operation, components);
  return [
    `## ${operation.summary}`,
    `\`${method.toUpperCase()} ${path}\``,
    operation.description ?? '',
    parameters,
    operation.requestBody ? `**Request body**\n\n${bodyOf(operation.requestBody, named)}` : '',
    `**Responses**\n\n${responseTable(responses)}`,
    ...successBodies(responses, named),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function capitalized(text: string): string {
  return text.replace(/^./, (first) => first.toUpperCase());
}

/**
 * Renders the reference pages of the HTTP API.
 * @returns one page per tag, in the order of the document, and one page about errors
 */
export function renderHttpReference({ tags, paths, components }: OpenApiDocument): readonly ReferencePage[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const byTag = tags.map(({ name }) => ({
    name,
    label: capitalized(name),
    markdown: [
      `# HTTP: ${name}`,
      ...operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ path, method, operation }) => operationSection(path, method, operation, components)),
    ].join('\n\n'),
  }));
  const problem = components.schemas['Problem'];
  if (problem === undefined) throw new Error('the OpenAPI document has no schema Problem');
  const errors = {
    name: 'errors',
    label: 'Errors',
    markdown: ['# HTTP: errors', problem.description ?? '', renderFieldTable(problem)].join('\n\n'),
  };
  return [...byTag, errors];
}
