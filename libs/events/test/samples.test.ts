import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogue, decode, encode, eventTypes, subjectOfKey } from '../src/index.ts';
import {
  createRecordOfSample,
  eventSamples,
  readFrozenFileDigests,
  sampleFileNames,
  sha256OfFile,
} from './samples.ts';

/** The types of events that never contain personal data. */
const impersonal = new Set<string>(eventTypes.filter((type) => !('person' in catalogue[type].schema.shape)));

describe('frozen samples', () => {
  for (const sample of eventSamples) {
    it(`decodes ${sample.type} v${sample.version}, ${sample.title}`, () => {
      const decoded = decode(createRecordOfSample(sample));
      assert.equal(decoded.kind, 'event', 'cause' in decoded ? decoded.cause : decoded.kind);
      if (decoded.kind !== 'event') return;
      assert.equal(decoded.event.type, sample.type);
      assert.equal(decoded.event.subject, subjectOfKey(createRecordOfSample(sample).key));
    });
  }

  it('are written today as they were when they were frozen', () => {
    for (const sample of eventSamples) {
      const decoded = decode(createRecordOfSample(sample));
      if (decoded.kind !== 'event' || sample.version !== catalogue[decoded.event.type].version) continue;
      const { key, headers, value, topic } = encode(decoded.event);
      const { headers: frozen, value: data } = sample;
      assert.deepEqual({ headers, value: JSON.parse(value.toString()) }, { headers: frozen, value: data });
      // The key of a sample from release 0.1 is only the account's id. The key of a newer sample also
      // contains the sequence.
      const { subject, sequence } = decoded.event;
      assert.ok(key === sample.key || key === `${sample.key}/${sequence}`);
      assert.equal(subjectOfKey(Buffer.from(key)), subject);
      assert.equal(topic, catalogue[decoded.event.type].topic);
    }
  });

  it('exist for every version of every event', () => {
    for (const type of eventTypes) {
      for (let version = 1; version <= catalogue[type].version; version += 1) {
        assert.ok(
          eventSamples.some((sample) => sample.type === type && sample.version === version),
          `samples/${type}.v${version}.json`,
        );
      }
    }
  });

  // Compares only the samples that have a frozen file. If a new optional field was added to an event after
  // its version was frozen, the sample for this field has no frozen file.
  it('of the current version have the same data as the samples of the schema', () => {
    for (const type of eventTypes) {
      const { version, samples: declared } = catalogue[type];
      const frozen = eventSamples.filter((sample) => sample.type === type && sample.version === version);
      for (const { title, value } of frozen)
        assert.deepEqual(
          value,
          Object.entries(declared).find(([name]) => name === title)?.[1],
          `${type}: ${title}`,
        );
    }
  });

  it('show every personal event with its person and with the person erased', () => {
    for (const type of eventTypes) {
      const persons = Object.values<Readonly<Record<string, unknown>>>(catalogue[type].samples).map(
        ({ person }) => person,
      );
      if (impersonal.has(type)) {
        assert.ok(
          persons.every((person) => person === undefined),
          type,
        );
      } else {
        assert.ok(
          persons.some((person) => person === null),
          `${type}: person null`,
        );
        assert.ok(
          persons.some((person) => person !== null),
          `${type}: a person`,
        );
      }
    }
  });

  it('neither change nor vanish, and are listed with their digest', () => {
    const digests = readFrozenFileDigests();
    assert.deepEqual(
      Object.fromEntries([...sampleFileNames].sort().map((file) => [file, sha256OfFile(file)])),
      Object.fromEntries([...digests].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  });
});
