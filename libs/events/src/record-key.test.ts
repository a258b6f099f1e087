import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accountVerified, OTHER, recordOfEvent, USER } from '../test/records.ts';
import { decodeWithProof } from './codec.ts';
import { heartbeatKey, isHeartbeat, parseEventKey, sharesKey, subjectOfKey } from './record-key.ts';

describe('the key of a record', () => {
  test('names its account in both forms', () => {
    assert.deepEqual(parseEventKey(Buffer.from(USER)), { subject: USER });
    assert.deepEqual(parseEventKey(Buffer.from(`${USER}/1200`)), { subject: USER, sequence: 1200 });
    assert.equal(subjectOfKey(Buffer.from(`${USER}/1`)), USER);
  });

  test('names nobody in any other form', () => {
    const others = [
      '',
      'nobody',
      '/1',
      `${USER}/`,
      `${USER}/0`,
      `${USER}/01`,
      `${USER}/1/2`,
      `${USER}/1a`,
      `${USER}/-1`,
    ];
    for (const text of [...others, `${USER}/12345678901`, ` ${USER}`])
      assert.equal(subjectOfKey(Buffer.from(text)), undefined, text);
    assert.equal(subjectOfKey(null), undefined);
    assert.equal(subjectOfKey(Buffer.from([0xff])), undefined);
  });

  test('of a heartbeat is recognized, and names no event', () => {
    const key = Buffer.from(heartbeatKey(USER));
    assert.ok(isHeartbeat({ key }));
    assert.equal(parseEventKey(key), undefined);
    for (const text of [USER, `${USER}/1`, 'nobody/heartbeat', 'heartbeat', `${USER}/heartbeat/1`])
      assert.ok(!isHeartbeat({ key: Buffer.from(text) }), text);
    assert.ok(!isHeartbeat({ key: null }));
  });

  test('is shared by several events if it names an account alone', () => {
    assert.ok(sharesKey(Buffer.from(USER)));
    for (const text of [`${USER}/1`, heartbeatKey(USER), 'nobody', ''])
      assert.ok(!sharesKey(Buffer.from(text)), text);
    assert.ok(!sharesKey(null));
  });

  test('must have the sequence of the event, if it has one', () => {
    const record = recordOfEvent(accountVerified);
    for (const key of [USER, `${USER}/42`])
      assert.equal(decodeWithProof({ ...record, key: Buffer.from(key) }).decoded.kind, 'event', key);
    for (const key of [`${USER}/41`, `${OTHER}/42`])
      assert.equal(decodeWithProof({ ...record, key: Buffer.from(key) }).decoded.kind, 'undecodable', key);
  });
});
