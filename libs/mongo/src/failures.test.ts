import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadMongoose } from './driver.ts';
import { mayHaveBeenWritten, onPermissionDenied, toMongoFailure } from './failures.ts';

test('a right that the user lacks is reported by name, without the values that the server quotes', () => {
  const { MongoServerError } = loadMongoose().mongo;
  const reasons: string[] = [];
  const stop = onPermissionDenied(({ message }) => reasons.push(message));
  const errmsg =
    'not authorized on latchkey to execute command { insert: "auth_commits", documents: [ { address: "ada@example.com" } ] }';
  toMongoFailure(new MongoServerError({ errmsg, code: 13, codeName: 'Unauthorized' }));
  toMongoFailure(new MongoServerError({ errmsg: 'command ping requires authentication', code: 13 }));
  toMongoFailure(new MongoServerError({ errmsg, code: 112 }));
  stop();
  toMongoFailure(new MongoServerError({ errmsg, code: 13 }));
  assert.deepEqual(reasons, [
    'MONGO_URL: this user may not insert on latchkey.auth_commits. See the rights in docs/operating.md.',
    'MONGO_URL: this user may not run a command that Latchkey needs. See the rights in docs/operating.md.',
  ]);
});

test('a write may have taken place if the response was lost, or its durability is not confirmed', () => {
  const { MongoNetworkError, MongoServerError, MongoWriteConcernError } = loadMongoose().mongo;
  const reset = new MongoNetworkError('read ECONNRESET');
  const timedOut = new MongoNetworkError('connection 3 to 127.0.0.1:27017 timed out');
  const unconfirmed = new MongoWriteConcernError({
    ok: 1,
    writeConcernError: { code: 64, errmsg: 'waiting' },
  });
  for (const error of [reset, timedOut, unconfirmed])
    assert.equal(mayHaveBeenWritten(error), true, error.message);

  const refused = new MongoNetworkError('connect ECONNREFUSED 127.0.0.1:27017');
  const cleared = Object.defineProperty(new MongoNetworkError('the pool was cleared'), 'name', {
    value: 'MongoPoolClearedError',
  });
  const full = new MongoServerError({ code: 14031, errmsg: 'no space left' });
  const raced = new MongoServerError({ code: 112, errmsg: 'conflict' });
  for (const error of [refused, cleared, full, raced, new Error('a bug')])
    assert.equal(mayHaveBeenWritten(error), false, error.message);
});
