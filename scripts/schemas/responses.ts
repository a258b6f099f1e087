/** Compares the responses of an operation in two versions of an API. */
import { findIncompatibleSchemaChanges, resolveSchema } from './compare.ts';
import { findIncompatibleBodySchemas, type OpenApiContent } from './content.ts';
import type { ComparedSchema, SchemaInDocument } from './schema.ts';

export interface OpenApiResponse {
  readonly $ref?: string;
  readonly content?: OpenApiContent;
  readonly headers?: Headers;
}

type Headers = Readonly<Record<string, { readonly schema?: ComparedSchema }>>;

/** The responses of an operation by status, and the document that contains them. */
export interface OpenApiResponses {
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
  /** The named responses to which operations refer. */
  readonly named: Readonly<Record<string, OpenApiResponse>>;
  inDocument(schema: ComparedSchema): SchemaInDocument;
}

const CLIENT_READS = { reads: true, writes: false };

/**
 * Returns the incompatible changes of an operation's responses. A new status and a new error code are compatible,
 * because clients must expect both.
 */
export function findIncompatibleResponses(
  name: string,
  before: OpenApiResponses,
  after: OpenApiResponses,
): readonly string[] {
  return Object.keys(before.responses).flatMap((status) => {
    const [was, is] = [responseOf(before, status), responseOf(after, status)];
    if (is === undefined) return [`${name}: it no longer answers ${status}`];
    const at = `${name} ${status}`;
    const compare = /^[45]/.test(status) ? compareProblems : findIncompatibleSchemaChanges;
    return [
      ...compareHeaders(at, [before, was?.headers ?? {}], [after, is.headers ?? {}]),
      ...findIncompatibleBodySchemas(was?.content, is.content, at, (old, current, place) =>
        compare(before.inDocument(old), after.inDocument(current), CLIENT_READS, place),
      ),
    ];
  });
}

function responseOf({ responses, named }: OpenApiResponses, status: string): OpenApiResponse | undefined {
  const own = responses[status];
  return own?.$ref === undefined ? own : named[own.$ref.replace('#/components/responses/', '')];
}

function compareHeaders(
  at: string,
  [before, old]: readonly [OpenApiResponses, Headers],
  [after, current]: readonly [OpenApiResponses, Headers],
): readonly string[] {
  return Object.entries(old).flatMap(([header, { schema: was = {} }]) => {
    const is = current[header];
    if (is === undefined) return [`${at}: the header ${header} is gone`];
    const documents = [before.inDocument(was), after.inDocument(is.schema ?? {})] as const;
    return findIncompatibleSchemaChanges(...documents, CLIENT_READS, `${at} header ${header}`);
  });
}

/** Compares the schemas of problem details. A new value of the field `code` is compatible. */
function compareProblems(
  before: SchemaInDocument,
  after: SchemaInDocument,
  use: typeof CLIENT_READS,
  at: string,
): readonly string[] {
  const [old, current] = [resolveSchema(before), resolveSchema(after)];
  const [was, is] = [old, current].map(({ properties }) => new Set(properties?.['code']?.enum));
  return [
    ...[...(was ?? [])]
      .filter((code) => is?.has(code) === false)
      .map((code) => `${at}: the code ${code} is gone`),
    ...findIncompatibleSchemaChanges(
      { ...before, schema: withAnyCode(old) },
      { ...after, schema: withAnyCode(current) },
      use,
      at,
    ),
  ];
}

function withAnyCode({ properties = {}, ...schema }: ComparedSchema): ComparedSchema {
  const { code, ...others } = properties;
  if (code === undefined) return { ...schema, properties };
  const { enum: _, ...anyCode } = code;
  return { ...schema, properties: { ...others, code: anyCode } };
}
