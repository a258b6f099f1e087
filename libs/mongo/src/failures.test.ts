import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadMongoose } from './driver.ts';
import { mongoFailureOf, onPermissionDenied } from './failures.ts';

test('a right that the user lacks is reported by name, without the values that the server quotes', () => {
  const { MongoServerError } = loadMongoose().mongo;
  const reasons: string[] = [];
  const stop = onPermissionDenied(({ message }) => reasons.push(message));
  const errmsg =
    'not authorized on latchkey to execute command { insert: "auth_commits", documents: [ { address: "ada@example.com" } ] }';
  mongoFailureOf(new MongoServerError({ errmsg, code: 13, codeName: 'Unauthorized' }));
  mongoFailureOf(new MongoServerError({ errmsg: 'command ping requires authentication', code: 13 }));
  mongoFailureOf(new MongoServerError({ errmsg, code: 112 }));
  stop();
  mongoFailureOf(new MongoServerError({ errmsg, code: 13 }));
  assert.deepEqual(reasons, [
    'MONGO_URL: this user may not insert on latchkey.auth_commits. See the rights in docs/operating.md.',
    'MONGO_URL: this user may not do what is needed. See the rights in docs/operating.md.',
  ]);
});
