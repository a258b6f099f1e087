import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Kafka } from 'kafkajs';
import { slowDownRequestTimers } from './request-timers.ts';
import { type CreateKafkajsCluster, type RequestQueue, wrapKafkajsClusters } from './wrap-clusters.ts';

interface Queue extends RequestQueue {
  push(request: object): void;
  fulfillRequest(response: object): void;
  maybeThrottle(ms: number): void;
}

/** Creates a client of kafkajs, and returns the request queue of one of its connections. Opens no socket. */
async function queueOf(prepare: (kafka: Kafka) => void, requestTimeout: number): Promise<Queue> {
  const kafka = new Kafka({ brokers: ['b:9092'], requestTimeout, logLevel: 0 });
  let create: CreateKafkajsCluster | undefined;
  prepare(kafka);
  wrapKafkajsClusters(kafka, (present) => {
    create = present;
    return present;
  });
  const connections = await create?.({}).connectionPoolBuilder.build({ host: 'b', port: 9092 });
  const [connection] = connections?.pool ?? [];
  assert.ok(connection);
  return connection.requestQueue as Queue;
}

function leaveAsItIs(): void {}

/** Opens a queue that sends through `send`, and counts the timers that are set. */
async function openQueue(context: TestContext, prepare: (kafka: Kafka) => void) {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const timers = context.mock.method(globalThis, 'setTimeout');
  const queue = await queueOf(prepare, 1000);
  const sent: number[] = [];
  let last = 0;
  function send(): number {
    last += 1;
    const correlationId = last;
    const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
    queue.push({ entry, expectResponse: true, sendRequest: () => sent.push(correlationId) });
    return correlationId;
  }
  function respond(correlationId: number): void {
    queue.fulfillRequest({ correlationId, payload: null, size: 0 });
  }
  return { queue, sent, send, respond, timersSet: () => timers.mock.callCount() };
}

test('sets no timer when nothing waits', async (context) => {
  const { send, sent, respond, timersSet } = await openQueue(context, slowDownRequestTimers);
  respond(send());
  respond(send());
  assert.deepEqual(sent, [1, 2]);
  assert.equal(timersSet(), 0);
});

test('sends what waits when the broker no longer throttles, and then sets no timer', async (context) => {
  const { queue, send, sent, respond, timersSet } = await openQueue(context, slowDownRequestTimers);
  queue.maybeThrottle(200);
  send();
  send();
  context.mock.timers.tick(199);
  assert.deepEqual(sent, []);
  context.mock.timers.tick(1);
  assert.deepEqual(sent, [1, 2]);
  const before = timersSet();
  respond(1);
  respond(2);
  context.mock.timers.tick(10_000);
  assert.equal(timersSet(), before);
});

test('leaves other clients of the process as they are', async (context) => {
  const { send, respond, timersSet } = await openQueue(context, leaveAsItIs);
  respond(send());
  assert.equal(timersSet(), 1);
});

/** Opens a connected queue with a request that the broker does not answer. */
async function openSilentQueue(context: TestContext, prepare: (kafka: Kafka) => void) {
  context.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const intervals = context.mock.method(globalThis, 'setInterval');
  const queue = await queueOf(prepare, 15_000);
  queue.isConnected = () => true;
  const failures: unknown[] = [];
  const entry = {
    correlationId: 1,
    resolve: () => undefined,
    reject: (error: unknown) => void failures.push(error),
  };
  queue.scheduleRequestTimeoutCheck();
  queue.push({ entry, expectResponse: true, sendRequest: () => undefined });
  return { queue, failures, everyMs: () => intervals.mock.calls.map(({ arguments: [, ms] }) => ms) };
}

test('looks for requests that have timed out every 2 s', async (context) => {
  const { queue, failures, everyMs } = await openSilentQueue(context, slowDownRequestTimers);
  assert.deepEqual(everyMs(), [2000]);
  context.mock.timers.tick(14_000);
  assert.deepEqual(failures, []);
  context.mock.timers.tick(2_000);
  assert.match(String(failures[0]), /timed out/);
  queue.destroy();
  context.mock.timers.tick(60_000);
  assert.equal(failures.length, 1);
});

test('looks for requests of other clients as often as kafkajs does', async (context) => {
  const { queue, everyMs } = await openSilentQueue(context, leaveAsItIs);
  assert.deepEqual(everyMs(), [100]);
  queue.destroy();
});
