/** Finds the queries of a command, and determines whether they search an index. */
import type { MongoIndex } from './indexes.ts';

type Document = Readonly<Record<string, unknown>>;

/** A part of a command that selects documents. */
export interface MongoQuery {
  readonly collection: string;
  readonly filter: Document;
  /** The first field by which the query sorts. */
  readonly sortedBy?: string;
  /** Whether the query returns only a limited number of documents. */
  readonly limited: boolean;
  /** The command, reduced to this query, in the form that the command `explain` expects. */
  readonly command: Document;
}

/**
 * Returns the queries of a command. Commands that select no documents, such as `insert`, have no queries.
 * @param name the name of the command
 * @param command as the driver sends it
 */
export function listQueries(name: string, command: Document): readonly MongoQuery[] {
  const collection = String(command[name]);
  switch (name) {
    case 'find':
      return [select(collection, command['filter'], command, pick(command, name, 'filter', 'sort', 'limit'))];
    case 'findAndModify':
      return [
        select(
          collection,
          command['query'],
          { ...command, limit: 1 },
          pick(command, name, 'query', 'sort', 'update', 'remove', 'fields', 'upsert'),
        ),
      ];
    case 'count':
    case 'distinct':
      return [select(collection, command['query'], command, pick(command, name, 'query', 'key'))];
    case 'aggregate':
      return [aggregation(collection, command)];
    case 'update':
    case 'delete':
      return statementsOf(name, command).map(([key, statement]) =>
        select(collection, statement['q'], {}, { [name]: collection, [key]: [statement] }),
      );
    default:
      return [];
  }
}

function select(
  collection: string,
  filter: unknown,
  { sort, limit }: Document,
  command: Document,
): MongoQuery {
  const [sortedBy] = sort instanceof Map ? [...sort.keys()] : Object.keys(asDocument(sort));
  return {
    collection,
    filter: asDocument(filter),
    ...(typeof sortedBy === 'string' && { sortedBy }),
    limited: typeof limit === 'number' && limit !== 0,
    command,
  };
}

/** Returns the query with which a pipeline begins: its stages `$match`, `$sort` and `$limit`, in this order. */
function aggregation(collection: string, command: Document): MongoQuery {
  const [filter, afterMatch] = takeStage(asDocuments(command['pipeline']), '$match');
  const [sort, afterSort] = takeStage(afterMatch, '$sort');
  const [limit] = takeStage(afterSort, '$limit');
  return select(collection, filter, { sort, limit }, pick(command, 'aggregate', 'pipeline', 'cursor'));
}

/**
 * Returns the value of a pipeline's first stage if the stage has the given name, and the remaining stages.
 */
function takeStage(
  stages: readonly Document[],
  name: string,
): readonly [value: unknown, rest: readonly Document[]] {
  const value = stages[0]?.[name];
  return value === undefined ? [undefined, stages] : [value, stages.slice(1)];
}

function statementsOf(
  name: 'update' | 'delete',
  command: Document,
): readonly (readonly [string, Document])[] {
  const key = `${name}s`;
  return asDocuments(command[key]).map((statement) => [key, statement] as const);
}

function pick(command: Document, ...fields: readonly string[]): Document {
  return Object.fromEntries(
    fields.filter((field) => command[field] !== undefined).map((field) => [field, command[field]]),
  );
}

/**
 * Returns whether an index can limit the number of documents that a query reads. An index can do so if the
 * query has a condition on the index's first field, or if the query reads a limited number of documents in
 * the order of the index.
 * @param indexes all indexes, except those on `_id`
 */
export function canSearchIndex(
  { collection, filter, sortedBy, limited }: MongoQuery,
  indexes: readonly MongoIndex[],
): boolean {
  const own = [BY_ID, ...indexes.filter((index) => index.collection === collection)];
  const isRead = limited && Object.keys(filter).length === 0;
  return isSearched(filter, own) || (isRead && own.some((index) => isInOrder(index, sortedBy)));
}

const BY_ID: Pick<MongoIndex, 'keys' | 'sparse' | 'only'> = { keys: { _id: 1 } };

function isInOrder({ keys, sparse, only }: typeof BY_ID, field: string | undefined): boolean {
  return Object.keys(keys)[0] === field && sparse === undefined && only === undefined;
}

function isSearched(filter: Document, indexes: readonly (typeof BY_ID)[]): boolean {
  return Object.entries(filter).some(([field, condition]) => {
    if (field === '$and')
      return asDocuments(condition).some((part) => isSearched({ ...filter, ...part, $and: [] }, indexes));
    if (field === '$or')
      return asDocuments(condition).every((part) => isSearched({ ...part, ...onlyFields(filter) }, indexes));
    return indexes.some(
      (index) => Object.keys(index.keys)[0] === field && contains(index, filter, condition),
    );
  });
}

/** Returns the conditions of a filter on fields. */
function onlyFields(filter: Document): Document {
  return Object.fromEntries(Object.entries(filter).filter(([field]) => !field.startsWith('$')));
}

/**
 * Operators that exclude some documents and select all others. A search with such an operator may read almost
 * the whole index.
 */
const EXCLUSIONS = new Set(['$ne', '$nin', '$not', '$exists']);

/**
 * Returns whether a search of an index finds all documents that satisfy a condition on the index's first
 * field, without reading most of the index.
 */
function contains({ sparse, only }: typeof BY_ID, filter: Document, condition: unknown): boolean {
  const operators = operatorsOf(condition);
  // A sparse index contains only documents that have the field, so it can be searched for `$exists: true`,
  // but not for `$exists: false`.
  if (sparse && operators.includes('$exists')) return asDocument(condition)['$exists'] === true;
  const isNarrow = operators.length === 0 || operators.some((operator) => !EXCLUSIONS.has(operator));
  return (
    isNarrow &&
    !(sparse && condition === null) &&
    Object.entries(only ?? {}).every(([field, value]) => filter[field] === value)
  );
}

/** Returns the operators of a condition such as `{ $gt: 1 }`; an empty list for a plain value. */
function operatorsOf(condition: unknown): readonly string[] {
  const isOperation = typeof condition === 'object' && condition !== null && !(condition instanceof Date);
  return isOperation ? Object.keys(condition).filter((key) => key.startsWith('$')) : [];
}

/**
 * Returns whether the server's plan for a query reads a whole collection.
 * @param explained the response to the command `explain`
 */
export function scansCollection(explained: unknown): boolean {
  if (Array.isArray(explained)) return explained.some(scansCollection);
  if (typeof explained !== 'object' || explained === null) return false;
  return Object.entries(explained).some(
    ([key, value]) =>
      (key === 'stage' && value === 'COLLSCAN') || (key !== 'rejectedPlans' && scansCollection(value)),
  );
}

/**
 * Describes a query without its values, so that queries that differ only in their values have the same
 * description.
 */
export function describeQuery({ collection, filter, sortedBy, command }: MongoQuery): string {
  const order = sortedBy === undefined ? '' : ` sorted by ${sortedBy}`;
  return `${Object.keys(command)[0]} ${collection} ${describeFilter(filter)}${order}`;
}

function describeFilter(filter: Document): string {
  const parts = Object.entries(filter).map(([field, condition]) => {
    if (Array.isArray(condition))
      return `${field}: [${condition.map((part) => describeFilter(asDocument(part))).join(', ')}]`;
    const operators = operatorsOf(condition);
    return operators.length === 0 ? field : `${field} ${operators.join(' ')}`;
  });
  return `{ ${parts.join(', ')} }`;
}

function asDocument(value: unknown): Document {
  return typeof value === 'object' && value !== null ? (value as Document) : {};
}

function asDocuments(value: unknown): readonly Document[] {
  return Array.isArray(value) ? value.map(asDocument) : [];
}
