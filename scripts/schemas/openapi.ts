/** Compares two versions of an OpenAPI document. Finds the changes that break clients of the earlier version. */
import { findIncompatibilities, type Schema, type SchemaInDocument } from './compare.ts';

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content };
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>;
}

type Item = Readonly<Record<string, Operation>>;

export interface OpenApi {
  readonly paths: Readonly<Record<string, Item>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Returns the incompatible changes. Each is a sentence that begins with the name of the operation. */
export function findOpenApiIncompatibilities(before: OpenApi, after: OpenApi): readonly string[] {
  return Object.entries(before.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const was = item[method];
      if (was === undefined) return [];
      const name = `${method.toUpperCase()} ${path}`;
      const is = after.paths[path]?.[method];
      if (is === undefined) return [`${name}: it is gone`];
      return compareOperations(name, { was, is, before, after });
    }),
  );
}

interface Pair {
  readonly was: Operation;
  readonly is: Operation;
  readonly before: OpenApi;
  readonly after: OpenApi;
}

function compareOperations(name: string, pair: Pair): readonly string[] {
  return [...compareParameters(name, pair), ...compareBodies(name, pair), ...compareResponses(name, pair)];
}

const CLIENT_WRITES = { reads: false, writes: true };
const CLIENT_READS = { reads: true, writes: false };

function compareParameters(name: string, { was, is, before, after }: Pair): readonly string[] {
  const old = new Map((was.parameters ?? []).map((each) => [`${each.in} ${each.name}`, each]));
  const current = new Map((is.parameters ?? []).map((each) => [`${each.in} ${each.name}`, each]));
  const faults: string[] = [];
  for (const [id, { schema: type = {} }] of old) {
    const successor = current.get(id);
    if (successor === undefined) faults.push(`${name}: the parameter ${id} is gone`);
    else {
      const documents = [documentOf(before, type), documentOf(after, successor.schema ?? {})] as const;
      faults.push(...findIncompatibilities(...documents, CLIENT_WRITES, `${name} ${id}`));
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
  return compareContent(
    was.requestBody?.content,
    is.requestBody?.content,
    `${name} body`,
    (old, current, at) =>
      findIncompatibilities(documentOf(before, old), documentOf(after, current), CLIENT_WRITES, at),
  );
}

function compareResponses(name: string, { was, is, before, after }: Pair): readonly string[] {
  return Object.entries(was.responses ?? {})
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([status, { content: old }]) => {
      const current = is.responses?.[status];
      if (current === undefined) return [`${name}: it no longer answers ${status}`];
      return compareContent(old, current.content, `${name} ${status}`, (was_, is_, at) =>
        findIncompatibilities(documentOf(before, was_), documentOf(after, is_), CLIENT_READS, at),
      );
    });
}

function compareContent(
  old: Content = {},
  current: Content = {},
  at: string,
  compare: (was: Schema, is: Schema, at: string) => readonly string[],
): readonly string[] {
  return Object.entries(old).flatMap(([media, { schema: was = {} }]) => {
    const is = current[media];
    return is === undefined ? [`${at}: ${media} is gone`] : compare(was, is.schema ?? {}, `${at} ${media}`);
  });
}

function documentOf({ components }: OpenApi, of: Schema): SchemaInDocument {
  return {
    schema: of,
    resolve: (ref) => components?.schemas?.[ref.replace('#/components/schemas/', '')] ?? {},
  };
}
