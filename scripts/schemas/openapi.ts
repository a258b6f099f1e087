/** Compares two versions of an OpenAPI document. Finds the changes that break clients of the earlier version. */
import { findIncompatibleSchemaChanges } from './compare.ts';
import { findIncompatibleBodySchemas, type OpenApiContent } from './content.ts';
import { findIncompatibleResponses, type OpenApiResponse, type OpenApiResponses } from './responses.ts';
import type { ComparedSchema, SchemaInDocument } from './schema.ts';
import {
  findIncompatibleSecurityRequirements,
  findIncompatibleSecuritySchemes,
  type SecurityRequirement,
  type SecurityScheme,
} from './security.ts';

interface Operation {
  readonly operationId?: string;
  readonly security?: readonly SecurityRequirement[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: ComparedSchema;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: OpenApiContent };
  readonly responses?: Readonly<Record<string, OpenApiResponse>>;
}

type Item = Readonly<Record<string, Operation>>;

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Item>>;
  readonly security?: readonly SecurityRequirement[];
  readonly components?: {
    readonly schemas?: Readonly<Record<string, ComparedSchema>>;
    readonly responses?: Readonly<Record<string, OpenApiResponse>>;
    readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];

/**
 * Returns the incompatible changes between two OpenAPI documents. Each change is a sentence that begins with the name
 * of the operation or component. Renamed operations and schemas are incompatible, because generated clients contain
 * these names.
 */
export function findIncompatibleOpenApiChanges(
  before: OpenApiDocument,
  after: OpenApiDocument,
): readonly string[] {
  const operations = Object.entries(before.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const was = item[method];
      if (was === undefined) return [];
      const name = `${method.toUpperCase()} ${path}`;
      const is = after.paths[path]?.[method];
      if (is === undefined) return [`${name}: it is gone`];
      return compareOperations(name, { was, is, before, after });
    }),
  );
  return [...operations, ...compareComponents(before, after)];
}

function compareComponents(
  { components: old = {} }: OpenApiDocument,
  { components: current = {} }: OpenApiDocument,
) {
  const gone = Object.keys(old.schemas ?? {}).filter((name) => current.schemas?.[name] === undefined);
  return [
    ...gone.map((name) => `the schema ${name}: it is gone`),
    ...findIncompatibleSecuritySchemes(old.securitySchemes ?? {}, current.securitySchemes ?? {}),
  ];
}

interface Pair {
  readonly was: Operation;
  readonly is: Operation;
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
}

function compareOperations(name: string, pair: Pair): readonly string[] {
  const { was, is, before, after } = pair;
  return [
    ...(was.operationId === is.operationId
      ? []
      : [`${name}: the operationId was ${was.operationId} and is ${is.operationId}`]),
    ...findIncompatibleSecurityRequirements(
      name,
      was.security ?? before.security,
      is.security ?? after.security,
    ),
    ...compareParameters(name, pair),
    ...compareBodies(name, pair),
    ...findIncompatibleResponses(name, responsesOf(was, before), responsesOf(is, after)),
  ];
}

const CLIENT_WRITES = { reads: false, writes: true };

function compareParameters(name: string, { was, is, before, after }: Pair): readonly string[] {
  const old = new Map((was.parameters ?? []).map((each) => [`${each.in} ${each.name}`, each]));
  const current = new Map((is.parameters ?? []).map((each) => [`${each.in} ${each.name}`, each]));
  const faults: string[] = [];
  for (const [id, { schema: type = {} }] of old) {
    const successor = current.get(id);
    if (successor === undefined) faults.push(`${name}: the parameter ${id} is gone`);
    else {
      const documents = [inDocument(before)(type), inDocument(after)(successor.schema ?? {})] as const;
      faults.push(...findIncompatibleSchemaChanges(...documents, CLIENT_WRITES, `${name} ${id}`));
    }
  }
  for (const [id, { required }] of current)
    if (required === true && old.get(id)?.required !== true)
      faults.push(`${name}: the parameter ${id} is now required`);
  return faults;
}

function compareBodies(name: string, { was, is, before, after }: Pair): readonly string[] {
  if (is.requestBody?.required === true && was.requestBody?.required !== true)
    return [`${name}: a body is now required`];
  return findIncompatibleBodySchemas(
    was.requestBody?.content,
    is.requestBody?.content,
    `${name} body`,
    (old, current, at) =>
      findIncompatibleSchemaChanges(inDocument(before)(old), inDocument(after)(current), CLIENT_WRITES, at),
  );
}

function responsesOf({ responses = {} }: Operation, document: OpenApiDocument): OpenApiResponses {
  return { responses, named: document.components?.responses ?? {}, inDocument: inDocument(document) };
}

function inDocument({ components }: OpenApiDocument): (schema: ComparedSchema) => SchemaInDocument {
  return (schema) => ({
    schema,
    resolve: (ref) => components?.schemas?.[ref.replace('#/components/schemas/', '')] ?? {},
  });
}
