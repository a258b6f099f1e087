/** The contracts in the languages of others: JSON Schema per event, and AsyncAPI for both topics. */
import { z } from 'zod';
import { catalogue, type EventType, eventTypes } from './catalogue.ts';
import { dataSchemaUri, eventHeaders } from './headers.ts';
import { type EventTopic, topics } from './topics.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

type Target = 'draft-2020-12' | 'draft-7';

/** The schema for consumers: undeclared fields are allowed, because a later release may add some. */
function dataSchema(type: EventType, target: Target): JsonSchema {
  return z.toJSONSchema(catalogue[type].schema, { target, io: 'input' });
}

/**
 * Returns the JSON Schema (2020-12) of an event's data in its current version; `$id` is the record's
 * `ce_dataschema`. Personal data is marked `x-personal: true`, at the top of each personal part.
 */
export function eventJsonSchema(type: EventType): JsonSchema {
  const { $schema, ...schema } = dataSchema(type, 'draft-2020-12');
  return { $schema, $id: dataSchemaUri(type, catalogue[type].version), title: type, ...schema };
}

/** Removes `$schema`: the schema language of AsyncAPI is a superset of draft-07. */
function embedded({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function headersSchema(type: EventType): JsonSchema {
  const constants = z.object({
    'content-type': z.literal('application/json'),
    ce_type: z.literal(type),
    ce_dataschema: z.literal(dataSchemaUri(type, catalogue[type].version)),
  });
  return embedded(z.toJSONSchema(eventHeaders.extend(constants.shape), { target: 'draft-7', io: 'input' }));
}

function keySchema(topic: EventTopic): JsonSchema {
  return {
    type: 'string',
    format: 'uuid',
    description: `The ${topic.keyedBy}, which is also ce_subject.`,
  };
}

function message(type: EventType, topic: EventTopic): JsonSchema {
  return {
    name: type,
    title: type,
    summary: catalogue[type].schema.description,
    contentType: 'application/json',
    correlationId: { location: '$message.header#/ce_correlationid' },
    headers: headersSchema(type),
    payload: { $ref: `#/components/schemas/${type}` },
    bindings: { kafka: { key: keySchema(topic), bindingVersion: '0.5.0' } },
  };
}

function typesOn(topic: EventTopic): readonly EventType[] {
  return eventTypes.filter((type) => catalogue[type].topic === topic.name);
}

/** `accounts.events.v1` → `accounts`. */
function channelName(topic: EventTopic): string {
  return topic.name.slice(0, topic.name.indexOf('.'));
}

function entries<Item, Value>(
  items: readonly Item[],
  name: (item: Item) => string,
  value: (item: Item) => Value,
): Record<string, Value> {
  return Object.fromEntries(items.map((item) => [name(item), value(item)]));
}

function itself(type: EventType): string {
  return type;
}

function channel(topic: EventTopic): JsonSchema {
  return {
    address: topic.name,
    description: `Events in the order of their sequence, per ${topic.keyedBy}.`,
    messages: entries(typesOn(topic), itself, (type) => ({ $ref: `#/components/messages/${type}` })),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: topic.partitions,
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': topic.retentionMs },
        bindingVersion: '0.5.0',
      },
    },
  };
}

function operation(topic: EventTopic): JsonSchema {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channelName(topic)}` },
    summary: `auth publishes what was decided, at least once, in order per ${topic.keyedBy}.`,
  };
}

/** Returns the AsyncAPI 3.0 document of both topics, from the publisher's point of view. */
export function asyncApiDocument(): JsonSchema {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Latchkey events',
      version: '1.0.0',
      description:
        'CloudEvents 1.0 in Kafka binary mode. Optional fields may be added at any time: ignore what you do not know. ' +
        'Everything personal stands under `person` (marked `x-personal`), which is null once erased.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: entries(topics, channelName, channel),
    operations: entries(topics, (topic) => `publish-${channelName(topic)}`, operation),
    components: {
      messages: Object.assign(
        {},
        ...topics.map((topic) => entries(typesOn(topic), itself, (type) => message(type, topic))),
      ),
      schemas: entries(eventTypes, itself, (type) => embedded(dataSchema(type, 'draft-7'))),
    },
  };
}
