import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { createRecordWithHeaders, OTHER_USER_ID, TEST_USER_ID } from '../test/records.ts';
import { eventTypes } from './catalogue.ts';
import { createEventDecoder } from './codec.ts';
import { createUpcast, type Upcaster, upcast, upcasters } from './upcast.ts';

/**
 * Converts the data of AccountVerified to the next version. The later versions of this event exist only in
 * these tests.
 */
const splitName: Upcaster = (data) => ({
  ...(data as object),
  names: String((data as { name: string }).name).split(' '),
});
const countNames: Upcaster = (data) => ({
  ...(data as object),
  count: (data as { names: string[] }).names.length,
});
const contracts = {
  AccountVerified: {
    version: 3,
    subjectField: 'userId',
    schema: z.object({ userId: z.uuid(), names: z.array(z.string()), count: z.int() }),
  },
};
const steps = { AccountVerified: { 1: splitName, 2: countNames } };
const upcastThere = createUpcast(contracts, steps);
const decodeThere = createEventDecoder({ contracts, upcast: upcastThere });

function record(version: number, data: object) {
  return {
    ...createRecordWithHeaders({ ce_dataschema: `urn:latchkey:event:AccountVerified:${version}` }),
    value: Buffer.from(JSON.stringify(data)),
  };
}

function dataOf(version: number, data: object): unknown {
  const decoded = decodeThere(record(version, { userId: TEST_USER_ID, ...data }));
  return decoded.kind === 'event' ? decoded.event.data : decoded;
}

describe('upcasting', () => {
  it('brings data of every former version to the current one, step by step', () => {
    const current = { userId: TEST_USER_ID, names: ['Ada', 'King'], count: 2 };
    assert.deepEqual(dataOf(1, { name: 'Ada King' }), current);
    assert.deepEqual(dataOf(2, { names: ['Ada', 'King'] }), current);
    assert.deepEqual(dataOf(3, { names: ['Ada', 'King'], count: 2 }), current);
  });

  it('leaves the data that it was given as it was', () => {
    const old = Object.freeze({ userId: OTHER_USER_ID, name: 'Ada' });
    assert.deepEqual(upcastThere('AccountVerified', 1, old), {
      userId: OTHER_USER_ID,
      name: 'Ada',
      names: ['Ada'],
      count: 1,
    });
    assert.deepEqual(old, { userId: OTHER_USER_ID, name: 'Ada' });
  });

  it('makes a record undecodable whose old data no step can bring up', () => {
    const decoded = decodeThere({ ...record(2, { userId: TEST_USER_ID }) });
    assert.deepEqual(decoded, {
      kind: 'undecodable',
      subject: TEST_USER_ID,
      cause: 'data does not fit version 2 of AccountVerified',
    });
  });

  for (const version of [0, -1, 4, 1.5, Number.NaN]) {
    it(`does not know version ${version}`, () => {
      assert.equal(upcastThere('AccountVerified', version, { name: 'Ada' }), undefined);
    });
  }

  it('does not know a version whose step is missing', () => {
    assert.equal(
      createUpcast(contracts, { AccountVerified: { 2: countNames } })('AccountVerified', 1, {}),
      undefined,
    );
  });

  it('does not know a type that only objects have', () => {
    assert.equal(upcastThere('constructor', 1, {}), undefined);
  });

  it('leaves current data unchanged, including unknown fields', () => {
    const data = { passwordHash: 'private to the journal' };
    for (const type of eventTypes) assert.equal(upcast(type, 1, data), data);
  });

  it('has a step for every former version of every event', () => {
    for (const type of eventTypes)
      assert.equal(upcasters[type], undefined, `${type} is in its first version`);
  });
});
