import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { BSON } from 'mongodb';
import { createWorkCounters, type WorkCounter } from '../nemesis/work.ts';
import {
  createMongoResponse,
  getMongoMessageId,
  getMongoRequestIdOfResponse,
  parseMongoMessageBody,
  splitMongoMessages,
} from './mongo-frames.ts';
import { createMongoProxy, type MongoProxy } from './mongo-proxy.ts';

/** Returns a request to MongoDB, which has the same format as a response. */
function requestOf(id: number, body: BSON.Document): Buffer {
  const message = createMongoResponse(0, body);
  message.writeInt32LE(id, 4);
  return message;
}

const INSERT = { insert: 'notes', $db: 'test' };
const FIND = { find: 'notes', $db: 'test' };
const APPLIED = { ok: 1, n: 1 };

describe('the proxy to MongoDB', () => {
  let mongo: Server;
  let applied: string[];
  let work: WorkCounter;
  let proxy: MongoProxy;
  let client: Socket;
  let answers: AsyncIterator<Buffer>;

  before(async () => {
    mongo = createServer(async (socket) => {
      socket.on('error', () => undefined);
      for await (const message of splitMongoMessages(socket)) {
        applied.push(Object.keys(parseMongoMessageBody(message) ?? {})[0] ?? '');
        socket.write(createMongoResponse(getMongoMessageId(message), APPLIED));
      }
    });
    mongo.listen(0, '127.0.0.1');
    await once(mongo, 'listening');
  });

  after(() => mongo.close());

  beforeEach(async () => {
    applied = [];
    work = createWorkCounters()('mongodb');
    proxy = await createMongoProxy(`127.0.0.1:${(mongo.address() as AddressInfo).port}`, work);
    await proxy.mend();
    client = connect(proxy.port, '127.0.0.1');
    answers = splitMongoMessages(client);
    await once(client, 'connect');
  });

  afterEach(async () => {
    client.destroy();
    await proxy.cut();
  });

  async function ask(body: BSON.Document): Promise<BSON.Document | undefined> {
    client.write(requestOf(7, body));
    const { value, done } = await answers.next();
    if (done) return undefined;
    assert.equal(getMongoRequestIdOfResponse(value), 7);
    return parseMongoMessageBody(value);
  }

  test('forwards requests and responses', async () => {
    assert.deepEqual([await ask(INSERT), await ask(FIND)], [APPLIED, APPLIED]);
    assert.deepEqual(applied, ['insert', 'find']);
  });

  test('counts commands until they are answered, but none that only maintain a connection', async () => {
    const count = work.watch();
    await ask({ hello: 1, $db: 'admin' });
    await ask({ ping: 1, $db: 'admin' });
    assert.equal(count(), 0);
    await ask(INSERT);
    proxy.setMode('is-full');
    await ask(INSERT);
    assert.equal(count(), 2);
    assert.equal(work.watch()(), 0);
  });

  test('reports a failed write concern for writes that were applied, and for nothing else', async () => {
    proxy.setMode('fails-write-concern');
    assert.equal((await ask(INSERT))?.['writeConcernError'].codeName, 'WriteConcernFailed');
    assert.deepEqual(await ask(FIND), APPLIED);
    assert.deepEqual(applied, ['insert', 'find']);
  });

  test('loses writes like a primary that was replaced', async () => {
    proxy.setMode('is-stale');
    assert.equal((await ask(INSERT))?.['writeConcernError'].codeName, 'PrimarySteppedDown');
    const { value } = (await ask({ findAndModify: 'notes', $db: 'test' })) ?? {};
    assert.equal(value, null);
    assert.deepEqual(applied, []);
  });

  test('refuses writes like a server whose disk is full', async () => {
    proxy.setMode('is-full');
    assert.equal((await ask(INSERT))?.['ok'], 0);
    assert.deepEqual(await ask(FIND), APPLIED);
    proxy.setMode('clear');
    assert.deepEqual(await ask(INSERT), APPLIED);
    assert.deepEqual(applied, ['find', 'insert']);
  });

  test('closes all connections and refuses new ones once it is cut', async () => {
    await proxy.cut();
    assert.equal(await ask(FIND), undefined);
  });
});
