import { z } from 'zod';

/**
 * Returns a copy of the schema in which every `z.object`, at any depth, refuses unknown fields. Metadata is
 * kept. Objects that were declared with `z.looseObject` or `.catchall(…)`, intersections, maps, tuples and
 * lazy schemas stay as they are: an intersection of strict objects, for example, would refuse everything.
 * This function is used instead of z.strictObject for two reasons. First, if somebody used z.object for a
 * schema by mistake, unknown fields would be dropped silently. Second, the schemas of responses must be
 * strict only in tests and development.
 */
export function makeObjectSchemasStrict<S extends z.ZodType>(schema: S): S {
  return strict(schema) as S;
}

function strict(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodObject) {
    const shape = Object.fromEntries(
      Object.entries(schema.shape).map(([name, field]) => [name, strict(field)]),
    );
    return again(schema, { ...schema.def, shape, catchall: schema.def.catchall ?? z.never() });
  }
  if (schema instanceof z.ZodArray)
    return again(schema, { ...schema.def, element: strict(schema.def.element) });
  if (schema instanceof z.ZodUnion)
    return again(schema, { ...schema.def, options: schema.def.options.map(strict) });
  if (schema instanceof z.ZodPipe) {
    // A pipe has two schemas, `in` and `out`. In a pipe that `z.preprocess` has created, `in` is a transform,
    // so make `out` strict. In any other pipe, make `in` strict.
    const side = schema.def.in instanceof z.ZodTransform ? 'out' : 'in';
    return again(schema, { ...schema.def, [side]: strict(schema.def[side]) });
  }
  if (schema instanceof z.ZodRecord) {
    return again(schema, { ...schema.def, valueType: strict(schema.def.valueType) });
  }
  return isWrapper(schema)
    ? again(schema, { ...schema.def, innerType: strict(schema.def.innerType) })
    : schema;
}

type Wrapper =
  | z.ZodOptional
  | z.ZodNullable
  | z.ZodDefault
  | z.ZodPrefault
  | z.ZodReadonly
  | z.ZodNonOptional;

function isWrapper(schema: z.core.$ZodType): schema is Wrapper {
  return (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodNonOptional
  );
}

/**
 * Returns a copy of a schema with a changed definition. The option `parent` makes zod keep the schema's
 * description and other metadata.
 */
function again<S extends z.ZodType>(schema: S, def: S['_zod']['def']): S {
  return z.core.clone(schema, def, { parent: true });
}
