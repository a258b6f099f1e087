import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { eventSamples, securityEventSamples } from '../test/samples.ts';
import {
  asyncApiDocument,
  catalogue,
  eventJsonSchema,
  eventTypes,
  isEventType,
  isSecurityEventType,
  SECURITY_TOPIC,
  securityEventTypes,
  topics,
} from './index.ts';

const samples = [...eventSamples, ...securityEventSamples];
const types = [...eventTypes, ...securityEventTypes];

function isType(text: string): text is (typeof types)[number] {
  return isEventType(text) || isSecurityEventType(text);
}

/**
 * The JSON Schema validator. It ignores formats, because the schemas also declare each format as a pattern.
 */
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { uuid: true, 'date-time': true } });
ajv.addKeyword({ keyword: 'x-personal', schemaType: 'boolean' });

const validators = new Map(types.map((type) => [type, ajv.compile(eventJsonSchema(type))]));

function validate(type: string, data: unknown): boolean {
  const validator = isType(type) ? validators.get(type) : undefined;
  return validator?.(data) ?? assert.fail(`no schema of ${type}`);
}

/**
 * Returns the titles of all objects, enums and unions in a schema. If one of them has no title, the result
 * contains undefined for it.
 */
function typeNames(schema: unknown): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const isType = ['properties', 'enum', 'anyOf', 'oneOf'].some((keyword) => Object.hasOwn(schema, keyword));
  const title = 'title' in schema ? schema.title : undefined;
  return [...(isType ? [title] : []), ...Object.values(schema).flatMap(typeNames)];
}

/** Returns the declarations of all properties with this name, at any depth of a schema. */
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
    for (const { type, value } of eventSamples) {
      assert.equal(validate(type, { ...value, userId: 1, mailingId: 1, deliveryId: 1 }), false, type);
    }
  });

  it('is named by the ce_dataschema of its records', () => {
    for (const { type, headers } of samples) {
      assert.ok(isType(type));
      assert.equal(eventJsonSchema(type)['$id'], headers['ce_dataschema']);
    }
  });

  it('marks the person as personal, and declares nothing else that is personal', () => {
    for (const type of types) {
      const { properties } = eventJsonSchema(type) as { properties: Record<string, Record<string, unknown>> };
      const { person, ...rest } = properties;
      if (person !== undefined) assert.equal(person['x-personal'], true, type);
      for (const name of ['email', 'username', 'firstName', 'lastName', 'recipients', 'ip', 'userAgent']) {
        assert.deepEqual(declared(rest, name), [], `${type}.${name}`);
      }
    }
  });

  it('has the link of a mail in the person, so that it is erased, except in the types of release 0.1', () => {
    const outside = types.filter((type) => {
      const { properties } = eventJsonSchema(type) as { properties: Record<string, unknown> };
      const { person: _, ...rest } = properties;
      return declared(rest, 'sealed').length > 0;
    });
    assert.deepEqual(outside, ['UserRegistered', 'VerificationRequested', 'PasswordResetRequested']);
  });
});

describe('the AsyncAPI document', () => {
  it('is valid, with every topic and every event', async () => {
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
      [...topics.map(({ name }) => name), SECURITY_TOPIC],
    );
    assert.deepEqual(
      document
        ?.messages()
        .all()
        .map((message) => message.name())
        .sort(),
      types.toSorted(),
    );
  });

  it('gives every nested type a name of its own, for generators of code, and says where the brokers are', () => {
    const { components, servers } = asyncApiDocument() as {
      components: { schemas: object; messages: Record<string, { headers: object }> };
      servers: object;
    };
    assert.deepEqual(Object.keys(servers), ['kafka']);
    const headers = Object.values(components.messages).map((message) => message.headers);
    const names = [...Object.values(components.schemas), ...headers].flatMap((schema) => typeNames(schema));
    assert.ok(names.includes('UserRegisteredPerson') && names.includes('UserRegisteredHeaders'));
    assert.deepEqual(
      names.filter((name) => typeof name !== 'string' || !/^[A-Z][A-Za-z0-9]+$/.test(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
  });

  it('says how the topics are set', () => {
    const settings = Object.values(
      asyncApiDocument()['channels'] as Record<string, { bindings: { kafka: object } }>,
    );
    assert.deepEqual(
      settings.map(({ bindings }) => bindings.kafka),
      [
        ['accounts.events.v1', 'compact', -1],
        ['mailings.events.v1', 'delete', 604_800_000],
        ['deliveries.events.v1', 'delete', 7_776_000_000],
        ['security.events.v1', 'delete', 7_776_000_000],
      ].map(([topic, policy, retention]) => ({
        topic,
        partitions: 12,
        topicConfiguration: { 'cleanup.policy': [policy], 'retention.ms': retention },
        bindingVersion: '0.5.0',
      })),
    );
  });

  const proofHeaders = {
    ce_hash: 'h'.repeat(43),
    ce_previoushash: 'h'.repeat(43),
    ce_persondigest: 'h'.repeat(43),
    ce_personsalt: 's'.repeat(22),
    ce_signature: `key.${'s'.repeat(86)}`,
  };

  it('describes the headers that the samples have', () => {
    const { components } = asyncApiDocument() as {
      components: { messages: Record<string, { headers: object }> };
    };
    for (const { type, title, headers } of samples) {
      const schema = components.messages[type]?.headers ?? assert.fail(type);
      // Add proof headers to the frozen samples of version 1, because release 0.1 did not publish these
      // headers.
      const proven = { ...proofHeaders, ...headers };
      assert.ok(ajv.validate(schema, proven), `${type}, ${title}: ${ajv.errorsText()}`);
      assert.equal(ajv.validate(schema, { ...proven, ce_type: 'Other' }), false);
      const isSigned = isEventType(type) && catalogue[type].publisher === 'auth';
      assert.equal(ajv.validate(schema, { ...proven, ce_signature: 'none' }), !isSigned);
    }
  });
});

describe('docs/events', () => {
  it('is what the code says', () => {
    const script = fileURLToPath(new URL('../scripts/write-docs.ts', import.meta.url));
    assert.doesNotThrow(() => execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' }));
  });
});
