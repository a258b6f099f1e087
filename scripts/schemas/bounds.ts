/** Compares the bounds of two versions of a schema: the keywords that limit which values of a type are allowed. */
import type { ComparedSchema, SchemaUses } from './schema.ts';

/** Keywords that set an upper bound. If the number is lower, the schema allows fewer values. */
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'] as const;
/** Keywords that set a lower bound. If the number is higher, the schema allows fewer values. */
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'] as const;
/**
 * Keywords of JSON Schema whose values cannot be compared. If such a value changes, it is unknown whether the
 * schema then allows more or fewer values.
 */
const RULES = ['pattern', 'format', 'multipleOf', 'uniqueItems'] as const;

/**
 * Compares the bounds of two versions of a schema, and describes each incompatible change in a sentence. A program that
 * writes values needs bounds that are at least as wide as before. A program that reads values needs bounds that are at
 * most as wide as before.
 * @param path the path of the schema. Each sentence begins with it
 */
export function findIncompatibleBounds(
  before: ComparedSchema,
  after: ComparedSchema,
  { reads, writes }: SchemaUses,
  path: string,
): readonly string[] {
  function faultOf(keyword: string, isNarrower: boolean, isWider: boolean): readonly string[] {
    const [was, is] = [before, after].map((schema) => text(schema[keyword as keyof ComparedSchema]));
    const change = `${keyword} was ${was} and is ${is}`;
    if (writes && isNarrower)
      return [`${path}: ${change}, so values that programs write are no longer allowed`];
    if (reads && isWider) return [`${path}: ${change}, so readers get values that they do not know`];
    return [];
  }

  function compareNumber(keyword: Bound, sign: 1 | -1): readonly string[] {
    const [was, is] = [before, after].map((schema) => sign * (schema[keyword] ?? sign * Infinity));
    if (was === undefined || is === undefined) return [];
    return faultOf(keyword, is < was, is > was);
  }

  return [
    ...UPPER.flatMap((keyword) => compareNumber(keyword, 1)),
    ...LOWER.flatMap((keyword) => compareNumber(keyword, -1)),
    ...RULES.flatMap((keyword) => {
      const [was, is] = [before[keyword], after[keyword]];
      return was === is ? [] : faultOf(keyword, is !== undefined, was !== undefined);
    }),
  ];
}

type Bound = (typeof UPPER | typeof LOWER)[number];

function text(value: unknown): string {
  return value === undefined ? 'unset' : JSON.stringify(value);
}
