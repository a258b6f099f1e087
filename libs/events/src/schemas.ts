/**
 * Describes the events in standard formats: a JSON Schema per event, and the AsyncAPI document of the topics.
 */
import { z } from 'zod';
import { catalogue, type EventType, eventTypes, isEventType } from './catalogue.ts';
import { dataSchemaUri } from './data-schema-uri.ts';
import { eventHeaders, eventSourceUris, proofHeaders } from './headers.ts';
import { type SecurityEventType, securityCatalogue, securityEventTypes } from './security/catalogue.ts';
import { securityEventHeaders } from './security/codec.ts';
import { type EventTopic, type SecurityTopic, securityTopic, topics } from './topics.ts';

/** A JSON Schema (https://json-schema.org) as a plain object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Target = 'draft-2020-12' | 'draft-7';
type AnyType = EventType | SecurityEventType;

const contracts = { ...catalogue, ...securityCatalogue };

/**
 * Returns the JSON Schema that consumers can use to validate an event's data. The schema allows undeclared
 * fields, because a later release may add fields.
 */
function dataSchema(type: AnyType, target: Target): JsonSchema {
  return z.toJSONSchema(contracts[type].schema, { target, io: 'input' });
}

/**
 * Returns the JSON Schema (2020-12) of an event's data in its current version. Its `$id` is the value of
 * `ce_dataschema` in records. In the schema, each part with personal data is marked `x-personal: true`.
 */
export function eventJsonSchema(type: AnyType): JsonSchema {
  const { $schema, ...schema } = dataSchema(type, 'draft-2020-12');
  return { $schema, $id: dataSchemaUri(type, contracts[type].version), title: type, ...schema };
}

/**
 * Prepares a schema for AsyncAPI: removes `$schema`, because AsyncAPI has its own schema language, a superset
 * of draft-07, and gives every type a title that code generators can use, such as `UserRegisteredPerson`.
 */
function embedded({ $schema: _, ...schema }: JsonSchema, name: string): JsonSchema {
  return named(schema, name);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Gives a schema, and every schema inside it, a title that is derived from its path. Constants and plain
 * values get no title.
 */
function named(schema: JsonSchema, name: string): JsonSchema {
  const { properties, items, anyOf, oneOf, additionalProperties } = schema;
  const isType = [properties, anyOf, oneOf, schema['enum']].some((part) => part !== undefined);
  return {
    ...(isType && { title: isNullable(anyOf) ? `${name}OrNull` : name }),
    ...schema,
    ...(isSchema(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [
          key,
          isSchema(value) ? named(value, name + pascalCase(key)) : value,
        ]),
      ),
    }),
    ...(isSchema(items) && { items: named(items, `${name}Item`) }),
    ...(isSchema(additionalProperties) && {
      additionalProperties: named(additionalProperties, `${name}Value`),
    }),
    ...(Array.isArray(anyOf) && { anyOf: namedChoices(anyOf, name) }),
    ...(Array.isArray(oneOf) && { oneOf: namedChoices(oneOf, name) }),
  };
}

function isNullable(choices: unknown): boolean {
  return Array.isArray(choices) && choices.some((choice) => isSchema(choice) && choice['type'] === 'null');
}

/**
 * Gives each alternative of a union a title that ends in a number. If the union consists of one type and
 * null, the type gets a title without a number.
 */
function namedChoices(choices: readonly unknown[], name: string): readonly unknown[] {
  const isOne = isNullable(choices) && choices.length === 2;
  return choices.map((choice, at) =>
    isSchema(choice) ? named(choice, isOne ? name : `${name}Choice${at + 1}`) : choice,
  );
}

/** Converts a name to Pascal case: `ce_previoushash` → `CePrevioushash`. */
function pascalCase(text: string): string {
  return text
    .split(/[^a-z\d]+/i)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function publisherOf(type: AnyType): keyof typeof eventSourceUris {
  return isEventType(type) ? catalogue[type].publisher : 'auth';
}

function headersSchema(type: AnyType, headers: z.ZodObject): JsonSchema {
  const constants = z.object({
    'content-type': z.literal('application/json'),
    ce_type: z.literal(type),
    ce_source: z.literal(eventSourceUris[publisherOf(type)]),
    ce_dataschema: z.literal(dataSchemaUri(type, contracts[type].version)),
  });
  const schema = z.toJSONSchema(headers.extend(constants.shape), { target: 'draft-7', io: 'input' });
  return embedded(schema, `${type}Headers`);
}

/** A topic, with the types of the events on the topic, and the encoding of these events. */
interface Stream {
  readonly topic: EventTopic | SecurityTopic;
  readonly types: readonly AnyType[];
  readonly headers: z.ZodObject;
  readonly key: JsonSchema;
  readonly description: string;
  readonly published: string;
}

function keySchema({ keyedBy, compaction }: EventTopic): JsonSchema {
  if (compaction === undefined)
    return { type: 'string', format: 'uuid', description: `The ${keyedBy}, which is also ce_subject.` };
  return {
    type: 'string',
    pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(/[1-9][0-9]*)?$',
    description:
      `The ${keyedBy}, which is also ce_subject, then a slash and the sequence of the event. Records of release 0.1 ` +
      `have the ${keyedBy} alone. Skip records with another key, such as heartbeats (…/heartbeat).`,
  };
}

const streams: readonly Stream[] = [
  ...topics.map((topic) => ({
    topic,
    types: eventTypes.filter((type) => catalogue[type].topic === topic.name),
    // Add the proof headers only to events that auth publishes, because no other events have a hash chain and
    // signatures.
    headers: topic.publisher === 'auth' ? eventHeaders.extend(proofHeaders.shape) : eventHeaders,
    key: keySchema(topic),
    description: `Events in the order of their sequence, per ${topic.keyedBy}.`,
    published: `${topic.publisher} publishes what happened, at least once, in order per ${topic.keyedBy}.`,
  })),
  {
    topic: securityTopic(),
    types: securityEventTypes,
    headers: securityEventHeaders,
    key: {
      type: ['string', 'null'],
      format: 'uuid',
      description: 'The account id, which is also ce_subject; null if the event is about no account.',
    },
    description:
      'Security events: sign-ins, refusals, actions of admins. They have no sequence, and some may be missing.',
    published: 'auth publishes what it has noticed. Under overload and after a crash, events may be missing.',
  },
];

function message(type: AnyType, { headers, key }: Stream): JsonSchema {
  return {
    name: type,
    title: type,
    summary: contracts[type].schema.description,
    contentType: 'application/json',
    correlationId: { location: '$message.header#/ce_correlationid' },
    headers: headersSchema(type, headers),
    payload: { $ref: `#/components/schemas/${type}` },
    bindings: { kafka: { key, bindingVersion: '0.5.0' } },
  };
}

/** Returns the name of the AsyncAPI channel of a topic: `accounts.events.v1` → `accounts`. */
function channelName({ topic }: Stream): string {
  return topic.name.slice(0, topic.name.indexOf('.'));
}

function entries<Item, Value>(
  items: readonly Item[],
  name: (item: Item) => string,
  value: (item: Item) => Value,
): Record<string, Value> {
  return Object.fromEntries(items.map((item) => [name(item), value(item)]));
}

function itself(type: AnyType): string {
  return type;
}

function channel({ topic, types, description }: Stream): JsonSchema {
  return {
    address: topic.name,
    description,
    messages: entries(types, itself, (type) => ({ $ref: `#/components/messages/${type}` })),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: topic.partitions,
        topicConfiguration: {
          'cleanup.policy': ['compaction' in topic && topic.compaction ? 'compact' : 'delete'],
          'retention.ms': topic.retentionMs,
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

function operation(stream: Stream): JsonSchema {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channelName(stream)}` },
    summary: stream.published,
  };
}

/**
 * Returns the AsyncAPI 3.0 document of the topics. The document describes the operations of the publishers.
 */
export function asyncApiDocument(): JsonSchema {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Latchkey events',
      version: '1.0.0',
      description:
        'CloudEvents 1.0 in Kafka binary mode. Optional fields may be added at any time: ignore unknown fields. ' +
        'All personal data is in `person` (marked `x-personal`), which is null once erased.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: {
        host: '{broker}',
        protocol: 'kafka',
        description: 'Any of the brokers (KAFKA_BROKERS).',
        variables: { broker: { default: 'localhost:19092', description: 'host:port of a broker' } },
      },
    },
    channels: entries(streams, channelName, channel),
    operations: entries(streams, (stream) => `publish-${channelName(stream)}`, operation),
    components: {
      messages: Object.assign(
        {},
        ...streams.map((stream) => entries(stream.types, itself, (type) => message(type, stream))),
      ),
      schemas: entries([...eventTypes, ...securityEventTypes], itself, (type) =>
        embedded(dataSchema(type, 'draft-7'), type),
      ),
    },
  };
}
