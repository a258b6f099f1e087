/**
 * Compares two versions of a JSON Schema. Finds the changes that break programs which read or write values of the
 * earlier version.
 */
import { findIncompatibleBounds } from './bounds.ts';
import type { ComparedSchema, SchemaInDocument, SchemaUses } from './schema.ts';

/**
 * Returns the incompatible changes between two versions of a schema. Each change is a sentence that begins with the
 * path of the changed value. Programs that read values must ignore fields that they do not know, so a new field is
 * compatible.
 */
export function findIncompatibleSchemaChanges(
  before: SchemaInDocument,
  after: SchemaInDocument,
  use: SchemaUses,
  at = '#',
  depth = 0,
): readonly string[] {
  // Limit the depth, because a schema may contain a reference to itself.
  if (depth > 20) return [];
  const [was, is] = [before.schema.$ref, after.schema.$ref];
  const renamed =
    was !== undefined && was !== is ? [`${at}: its schema was ${was} and is ${is ?? 'unnamed'}`] : [];
  const [old, current] = [resolveSchema(before), resolveSchema(after)];
  function compare(was: ComparedSchema, is: ComparedSchema, place: string): readonly string[] {
    return findIncompatibleSchemaChanges(
      { ...before, schema: was },
      { ...after, schema: is },
      use,
      place,
      depth + 1,
    );
  }

  const [wasOneOf, isOneOf] = [old, current].map(({ anyOf, oneOf }) => anyOf ?? oneOf);
  if (wasOneOf !== undefined || isOneOf !== undefined)
    return compareOptions(wasOneOf ?? [old], isOneOf ?? [current], use, at, compare);
  const faults: string[] = [...renamed];
  if (JSON.stringify(old.type) !== JSON.stringify(current.type))
    faults.push(`${at}: the type was ${JSON.stringify(old.type)} and is ${JSON.stringify(current.type)}`);
  faults.push(...compareValues(old, current, use, at));
  faults.push(...findIncompatibleBounds(old, current, use, at));
  faults.push(...compareProperties(old, current, use, at, compare));
  faults.push(...compareOtherProperties(old, current, use, at, compare));
  if (old.items !== undefined && current.items !== undefined)
    faults.push(...compare(old.items, current.items, `${at}/items`));
  return faults;
}

type Compare = (was: ComparedSchema, is: ComparedSchema, place: string) => readonly string[];

/** Returns a schema in which the reference is resolved and the schemas of `allOf` are merged. */
export function resolveSchema({ schema, resolve }: SchemaInDocument): ComparedSchema {
  let current = schema;
  while (current.$ref !== undefined) current = resolve(current.$ref);
  const { allOf, ...own } = current;
  if (allOf === undefined) return current;
  return allOf.map((each) => resolveSchema({ schema: each, resolve })).reduce(merged, own);
}

function merged(one: ComparedSchema, other: ComparedSchema): ComparedSchema {
  const properties = { ...one.properties };
  for (const [name, schema] of Object.entries(other.properties ?? {}))
    properties[name] = { ...properties[name], ...schema };
  return {
    ...one,
    ...other,
    properties,
    required: [...new Set([...(one.required ?? []), ...(other.required ?? [])])],
  };
}

function compareOptions(
  old: readonly ComparedSchema[],
  current: readonly ComparedSchema[],
  { reads }: SchemaUses,
  at: string,
  compare: Compare,
): readonly string[] {
  const matches = old.map((was) => current.find((is) => compare(was, is, at).length === 0));
  const lost = old.filter((_, index) => matches[index] === undefined);
  const faults = lost.map((was) => {
    // An alternative of the old schema is gone. If the current schema has an alternative of the same type,
    // report the differences between the two alternatives, which is more useful.
    const successor = current.find((is) => JSON.stringify(is.type) === JSON.stringify(was.type));
    return successor === undefined
      ? [`${at}: an alternative of type ${JSON.stringify(was.type)} is gone`]
      : compare(was, successor, at);
  });
  if (reads && lost.length === 0 && current.length > old.length)
    faults.push([`${at}: readers do not know the new alternative`]);
  return faults.flat();
}

function valuesOf({ enum: values, const: only }: ComparedSchema): ReadonlySet<string> | undefined {
  if (values !== undefined) return new Set(values.map((value) => JSON.stringify(value)));
  return only === undefined ? undefined : new Set([JSON.stringify(only)]);
}

function compareValues(
  before: ComparedSchema,
  after: ComparedSchema,
  { reads, writes }: SchemaUses,
  at: string,
): readonly string[] {
  const [old, current] = [valuesOf(before), valuesOf(after)];
  const faults: string[] = [];
  if (writes && current !== undefined) {
    const gone = old === undefined ? ['any other'] : [...old.difference(current)];
    faults.push(...gone.map((value) => `${at}: the value ${value} is no longer allowed`));
  }
  if (reads && old !== undefined) {
    const added = current === undefined ? ['any other'] : [...current.difference(old)];
    faults.push(...added.map((value) => `${at}: readers do not know the value ${value}`));
  }
  const [was, is] = [before.default, after.default].map((value) => JSON.stringify(value) ?? 'unset');
  if (writes && was !== is) faults.push(`${at}: writers rely on the default, which was ${was} and is ${is}`);
  return faults;
}

function compareProperties(
  before: ComparedSchema,
  after: ComparedSchema,
  { reads, writes }: SchemaUses,
  at: string,
  compare: Compare,
): readonly string[] {
  const faults: string[] = [];
  const [wasRequired, isRequired] = [new Set(before.required), new Set(after.required)];
  for (const [name, was] of Object.entries(before.properties ?? {})) {
    const is = after.properties?.[name];
    if (is === undefined) faults.push(`${at}/${name}: it is gone`);
    else faults.push(...compare(was, is, `${at}/${name}`));
    if (reads && is !== undefined && wasRequired.has(name) && !isRequired.has(name))
      faults.push(`${at}/${name}: readers rely on it, and it is now optional`);
  }
  if (writes)
    for (const name of isRequired.difference(wasRequired))
      faults.push(`${at}/${name}: writers may leave it out, and it is now required`);
  return faults;
}

/** Compares which fields an object may have in addition to its `properties`. */
function compareOtherProperties(
  { additionalProperties: was, propertyNames: wasNames }: ComparedSchema,
  { additionalProperties: is, propertyNames: areNames }: ComparedSchema,
  { writes }: SchemaUses,
  at: string,
  compare: Compare,
): readonly string[] {
  const faults: string[] = [];
  if (writes && was !== false && is === false)
    faults.push(`${at}: writers may add other fields, and these are no longer allowed`);
  if (typeof was === 'object' || typeof is === 'object')
    faults.push(...compare(asSchema(was), asSchema(is), `${at}/*`));
  if (wasNames !== undefined || areNames !== undefined)
    faults.push(...compare(wasNames ?? {}, areNames ?? {}, `${at}/* (the name)`));
  return faults;
}

function asSchema(properties: boolean | ComparedSchema | undefined): ComparedSchema {
  return typeof properties === 'object' ? properties : {};
}
