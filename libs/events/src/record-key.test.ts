import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accountVerifiedEvent, OTHER_USER_ID, TEST_USER_ID, toRawRecord } from '../test/records.ts';
import { decodeWithProof } from './codec.ts';
import { heartbeatKey, isHeartbeat, parseEventKey, sharesKey, subjectOfKey } from './record-key.ts';

describe('the key of a record', () => {
  test('names its account in both forms', () => {
    assert.deepEqual(parseEventKey(Buffer.from(TEST_USER_ID)), { subject: TEST_USER_ID });
    assert.deepEqual(parseEventKey(Buffer.from(`${TEST_USER_ID}/1200`)), {
      subject: TEST_USER_ID,
      sequence: 1200,
    });
    assert.equal(subjectOfKey(Buffer.from(`${TEST_USER_ID}/1`)), TEST_USER_ID);
  });

  test('names nobody in any other form', () => {
    const others = [
      '',
      'nobody',
      '/1',
      `${TEST_USER_ID}/`,
      `${TEST_USER_ID}/0`,
      `${TEST_USER_ID}/01`,
      `${TEST_USER_ID}/1/2`,
      `${TEST_USER_ID}/1a`,
      `${TEST_USER_ID}/-1`,
    ];
    for (const text of [...others, `${TEST_USER_ID}/12345678901`, ` ${TEST_USER_ID}`])
      assert.equal(subjectOfKey(Buffer.from(text)), undefined, text);
    assert.equal(subjectOfKey(null), undefined);
    assert.equal(subjectOfKey(Buffer.from([0xff])), undefined);
  });

  test('of a heartbeat is recognized, and names no event', () => {
    const key = Buffer.from(heartbeatKey(TEST_USER_ID));
    assert.ok(isHeartbeat({ key }));
    assert.equal(parseEventKey(key), undefined);
    for (const text of [
      TEST_USER_ID,
      `${TEST_USER_ID}/1`,
      'nobody/heartbeat',
      'heartbeat',
      `${TEST_USER_ID}/heartbeat/1`,
    ])
      assert.ok(!isHeartbeat({ key: Buffer.from(text) }), text);
    assert.ok(!isHeartbeat({ key: null }));
  });

  test('is shared by several events if it names an account alone', () => {
    assert.ok(sharesKey(Buffer.from(TEST_USER_ID)));
    for (const text of [`${TEST_USER_ID}/1`, heartbeatKey(TEST_USER_ID), 'nobody', ''])
      assert.ok(!sharesKey(Buffer.from(text)), text);
    assert.ok(!sharesKey(null));
  });

  test('must have the sequence of the event, if it has one', () => {
    const record = toRawRecord(accountVerifiedEvent);
    for (const key of [TEST_USER_ID, `${TEST_USER_ID}/42`])
      assert.equal(decodeWithProof({ ...record, key: Buffer.from(key) }).decoded.kind, 'event', key);
    for (const key of [`${TEST_USER_ID}/41`, `${OTHER_USER_ID}/42`])
      assert.equal(decodeWithProof({ ...record, key: Buffer.from(key) }).decoded.kind, 'undecodable', key);
  });
});
