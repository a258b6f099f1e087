/** Generates arbitrary valid events from the JSON Schemas of their data. */
import fc from 'fast-check';
import {
  catalogue,
  type EventType,
  eventJsonSchema,
  eventTypes,
  type JsonSchema,
  type LatchkeyEvent,
} from '../src/index.ts';

const instant = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
/** Any text, including lone surrogates and control characters. */
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const headerText = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(text));
const uuid = fc.uuid({ version: [1, 2, 3, 4, 5, 6, 7, 8] });
function hex(length: number) {
  return fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(''))
    .filter((text) => /[^0]/.test(text));
}
const traceparent = fc.tuple(hex(32), hex(16)).map(([trace, parent]) => `00-${trace}-${parent}-01`);

/**
 * The parts of JSON Schema that event schemas use. `schemaArbitrary` throws if a schema uses any other part.
 */
interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

function textArbitrary({ format, pattern, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return uuid;
  if (format === 'date-time') return instant;
  if (format !== undefined) throw new Error(`No arbitrary for the format ${format}.`);
  if (pattern !== undefined) return patternArbitrary(pattern, minLength, maxLength);
  if (minLength === 0 && maxLength === undefined) return anyText;
  return fc.string({ unit: 'binary', minLength, maxLength: maxLength ?? minLength + 40 });
}

function patternArbitrary(pattern: string, minLength: number, maxLength = 40): fc.Arbitrary<string> {
  // fast-check cannot generate strings that match a Unicode property class, so generate any strings and
  // select those that match.
  const texts = /\\p/i.test(pattern)
    ? fc.string({ unit: 'grapheme', minLength: Math.max(1, minLength), maxLength: Math.min(20, maxLength) })
    : fc.stringMatching(new RegExp(pattern));
  const matching = new RegExp(pattern, 'u');
  return texts.filter((text) => text.length >= minLength && text.length <= maxLength && matching.test(text));
}

function schemaArbitrary(schema: Schema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(schemaArbitrary));
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'string':
      return textArbitrary(schema);
    case 'array': {
      const { items = {}, minItems = 0, maxItems } = schema;
      return fc.array(schemaArbitrary(items), { minLength: minItems, maxLength: maxItems ?? 20 });
    }
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const fields = Object.entries(properties).map(([name, field]) => [name, schemaArbitrary(field)]);
      const shape: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(fields);
      return fc.record(shape, { requiredKeys: [...required] });
    }
    default:
      throw new Error(`No arbitrary for the schema ${JSON.stringify(schema)}.`);
  }
}

const dataArbitraries = new Map(
  eventTypes.map((type): [EventType, fc.Arbitrary<unknown>] => {
    const schema: JsonSchema = eventJsonSchema(type);
    return [type, schemaArbitrary(schema)];
  }),
);

const envelope = fc.record(
  {
    id: uuid,
    subject: uuid,
    sequence: fc.integer({ min: 1, max: 9_999_999_999 }),
    time: instant,
    correlationId: headerText,
    causationId: headerText,
    traceparent,
  },
  { requiredKeys: ['id', 'subject', 'sequence', 'time', 'correlationId', 'causationId'] },
);

function eventOf(type: EventType): fc.Arbitrary<LatchkeyEvent> {
  const data = dataArbitraries.get(type) ?? fc.constant({});
  return fc.tuple(envelope, data).map(([facts, fields]) => {
    const subject = { [catalogue[type].subjectField]: facts.subject };
    // Clone the event, so that it contains only objects that JSON preserves. fast-check also creates objects
    // without a prototype.
    return structuredClone({ ...facts, type, data: { ...Object(fields), ...subject } }) as LatchkeyEvent;
  });
}

/** Generates valid events. @param types the types of the events; default: all */
export function createEventArbitrary(types: readonly EventType[] = eventTypes): fc.Arbitrary<LatchkeyEvent> {
  return fc.oneof(...types.map(eventOf));
}
