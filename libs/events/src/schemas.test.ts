import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { samples } from '../test/samples.ts';
import { asyncApiDocument, eventJsonSchema, eventTypes, isEventType, topics } from './index.ts';

/** The formats are repeated as patterns in the schemas, so that the validator need not know them. */
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { uuid: true, 'date-time': true } });
ajv.addKeyword({ keyword: 'x-personal', schemaType: 'boolean' });

const validators = new Map(eventTypes.map((type) => [type, ajv.compile(eventJsonSchema(type))]));

function validate(type: string, data: unknown): boolean {
  const validator = isEventType(type) ? validators.get(type) : undefined;
  return validator?.(data) ?? assert.fail(`no schema of ${type}`);
}

/** Every path of a schema at which a property of this name is declared. */
function declared(schema: unknown, name: string): unknown[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === name ? [value] : []),
    ...declared(value, name),
  ]);
}

describe('the JSON Schema of an event', () => {
  it('accepts every sample of its current version', () => {
    for (const { type, title, value } of samples) assert.ok(validate(type, value), `${type}, ${title}`);
  });

  it('accepts a field that a later release may add', () => {
    for (const { type, value } of samples) assert.ok(validate(type, { ...value, later: 1 }), type);
  });

  it('refuses data of another subject field, without its id', () => {
    for (const { type, value } of samples) {
      assert.equal(validate(type, { ...value, userId: 1, mailingId: 1 }), false, type);
    }
  });

  it('is named by the ce_dataschema of its records', () => {
    for (const { type, headers } of samples) {
      assert.ok(isEventType(type));
      assert.equal(eventJsonSchema(type)['$id'], headers['ce_dataschema']);
    }
  });

  it('marks the person as personal, and declares nothing personal beside it', () => {
    for (const type of eventTypes) {
      const { properties } = eventJsonSchema(type) as { properties: Record<string, Record<string, unknown>> };
      const { person, ...rest } = properties;
      if (person !== undefined) assert.equal(person['x-personal'], true, type);
      for (const name of ['email', 'username', 'firstName', 'lastName', 'recipients']) {
        assert.deepEqual(declared(rest, name), [], `${type}.${name}`);
      }
    }
  });
});

describe('the AsyncAPI document', () => {
  it('is valid, with both topics and every event', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument()));
    assert.deepEqual(
      diagnostics.filter(({ severity }) => severity <= 1),
      [],
    );
    assert.deepEqual(
      document
        ?.channels()
        .all()
        .map((channel) => channel.address()),
      topics.map(({ name }) => name),
    );
    assert.deepEqual(
      document
        ?.messages()
        .all()
        .map((message) => message.name())
        .sort(),
      [...eventTypes].sort(),
    );
  });

  it('says how the topics are set', () => {
    const settings = Object.values(
      asyncApiDocument()['channels'] as Record<string, { bindings: { kafka: object } }>,
    );
    assert.deepEqual(
      settings.map(({ bindings }) => bindings.kafka),
      [
        ['accounts.events.v1', -1],
        ['mailings.events.v1', 604_800_000],
      ].map(([topic, retention]) => ({
        topic,
        partitions: 12,
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': retention },
        bindingVersion: '0.5.0',
      })),
    );
  });

  it('describes the headers that the samples have', () => {
    const { components } = asyncApiDocument() as {
      components: { messages: Record<string, { headers: object }> };
    };
    for (const { type, title, headers } of samples) {
      const schema = components.messages[type]?.headers ?? assert.fail(type);
      assert.ok(ajv.validate(schema, headers), `${type}, ${title}: ${ajv.errorsText()}`);
      assert.equal(ajv.validate(schema, { ...headers, ce_type: 'Other' }), false);
    }
  });
});

describe('docs/events', () => {
  it('is what the code says', () => {
    const script = fileURLToPath(new URL('../scripts/write-docs.ts', import.meta.url));
    assert.doesNotThrow(() => execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' }));
  });
});
