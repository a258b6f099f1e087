import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Kafka } from 'kafkajs';
import { skipUnrefOfClosedSockets } from './closed-sockets.ts';
import { type CreateKafkajsCluster, type PatchableConnection, wrapKafkajsClusters } from './wrap-clusters.ts';

/** The methods of kafkajs's connection that this test calls. */
interface Connection extends PatchableConnection {
  readonly socket: Socket;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** Creates a connection of a client of kafkajs to a server that accepts every connection. */
async function createConnection(context: TestContext, prepare: (kafka: Kafka) => void): Promise<Connection> {
  const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(
    0,
    '127.0.0.1',
  );
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: 0 });
  let create: CreateKafkajsCluster | undefined;
  prepare(kafka);
  wrapKafkajsClusters(kafka, (present) => {
    create = present;
    return present;
  });
  const connections = await create?.({}).connectionPoolBuilder.build({ host: '127.0.0.1', port });
  const [connection] = connections?.pool ?? [];
  assert.ok(connection);
  return connection as Connection;
}

const DISCONNECTS = 20;

/** Returns how many listeners a socket has, after it was closed and its connection has been disconnected many times. */
async function countListenersAfterDisconnects(connection: Connection): Promise<number> {
  await connection.connect();
  const { socket } = connection;
  const closed = once(socket, 'close');
  await connection.disconnect();
  await closed;
  const before = socket.listenerCount('connect');
  for (let n = 0; n < DISCONNECTS; n += 1) await connection.disconnect();
  return socket.listenerCount('connect') - before;
}

test('adds no listener to a closed socket, however often its connection is disconnected', async (context) => {
  const connection = await createConnection(context, skipUnrefOfClosedSockets);
  assert.equal(await countListenersAfterDisconnects(connection), 0);
});

test('lets a process end although a connection is still closing', async (context) => {
  const unref = context.mock.method(Socket.prototype, 'unref');
  const connection = await createConnection(context, skipUnrefOfClosedSockets);
  await connection.connect();
  await connection.disconnect();
  assert.deepEqual(
    unref.mock.calls.map((call) => call.this === connection.socket),
    [true],
  );
  await once(connection.socket, 'close');
});

test('connections of other clients add a listener at every disconnect', async (context) => {
  const connection = await createConnection(context, () => undefined);
  assert.equal(await countListenersAfterDisconnects(connection), DISCONNECTS);
});
