import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { patchWritesToFailOnClose } from './closing-writes.ts';
import { loadMongoose } from './driver.ts';

const load = createRequire(import.meta.url);
const ofMongoose = createRequire(load.resolve('mongoose'));

test('a command on a connection that is closing fails, instead of waiting forever', {
  timeout: 120_000,
}, async () => {
  loadMongoose();
  const { Connection } = ofMongoose('mongodb/lib/cmap/connection.js');
  const { ns } = ofMongoose('mongodb/lib/utils.js');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const connection = new Connection(socket, { id: 7, generation: 0 });

  // After `destroy`, the socket cannot be used, but it emits 'close' only in the next turn of the event loop.
  socket.destroy();
  const asked = connection.command(ns('admin.$cmd'), { hello: 1 }, { socketTimeoutMS: 1000 });
  await assert.rejects(asked, { name: 'MongoNetworkError', message: /^connection 7 to .* closed$/ });
  server.close();
});

test('a driver that writes in another way is refused', () => {
  assert.throws(
    () => patchWritesToFailOnClose({} as never),
    /^Error: This version of the MongoDB driver writes commands differently\.$/,
  );
});
