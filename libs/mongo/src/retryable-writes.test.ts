import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import mongoose from 'mongoose';
import { openMongo } from './open.ts';

const { BSON } = mongoose.mongo;
type Document = mongoose.mongo.BSON.Document;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

/**
 * Returns the command in a request from the driver. In a message of the current format (OP_MSG), the command
 * comes directly after the flags. In a message of the old format (OP_QUERY), further fields come before the
 * command.
 */
function commandIn(message: Buffer): Document {
  const at =
    message.readInt32LE(12) === OP_QUERY ? message.indexOf(0, HEADER_BYTES + 4) + 9 : HEADER_BYTES + 5;
  return BSON.deserialize(message.subarray(at, at + message.readInt32LE(at)));
}

function answerTo(message: Buffer, body: Document): Buffer {
  const isQuery = message.readInt32LE(12) === OP_QUERY;
  // In the old format, a reply begins with flags, a cursor, a position and a count. In the current format, it
  // begins with flags and the type of the first section.
  const fields = Buffer.alloc(isQuery ? 20 : 5);
  if (isQuery) fields.writeInt32LE(1, 16);
  const document = BSON.serialize(body);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + fields.length + document.length, 0);
  header.writeInt32LE(message.readInt32LE(4), 8);
  header.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  return Buffer.concat([header, fields, document]);
}

/**
 * Starts a server that describes itself with the result of `describe`, and that closes the connection on
 * every write.
 */
async function listen(context: { after(end: () => void): void }, describe: (address: string) => Document) {
  const writes: Document[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
        const message = rest.subarray(0, rest.readInt32LE(0));
        rest = rest.subarray(message.length);
        const command = commandIn(message);
        if (command['findAndModify'] === undefined) {
          socket.write(answerTo(message, { ...describe(address), ok: 1 }));
        } else {
          writes.push(command);
          socket.destroy();
        }
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `mongodb://${address}`, writes };
}

/**
 * The fields with which every `mongod` responds to `hello`, whether or not it is a member of a replica set.
 */
const mongod = {
  isWritablePrimary: true,
  ismaster: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  maxWireVersion: 21,
  minWireVersion: 0,
  logicalSessionTimeoutMinutes: 30,
} as const;

async function claim(url: string): Promise<void> {
  const mongo = openMongo({ url, availableWithinMs: 60_000 });
  await mongo.reached;
  const claimed = mongo.connection.collection('notes').findOneAndUpdate({}, { $set: { owner: 'ada' } });
  await assert.rejects(claimed);
  await mongo.close();
}

describe('a write whose answer is lost', () => {
  test('is not repeated on a server that cannot recognise it', async (context) => {
    const { url, writes } = await listen(context, () => mongod);
    await claim(url);
    assert.equal(writes.length, 1);
    assert.equal(writes[0]?.['txnNumber'], undefined);
  });

  test('is repeated once on a member of a replica set, under its number', async (context) => {
    const { url, writes } = await listen(context, (address) => ({
      ...mongod,
      setName: 'rs',
      setVersion: 1,
      hosts: [address],
      me: address,
      primary: address,
    }));
    await claim(url);
    assert.equal(writes.length, 2);
    assert.ok(writes[0]?.['txnNumber'] !== undefined);
    assert.deepEqual(writes[0]?.['txnNumber'], writes[1]?.['txnNumber']);
  });
});
