import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { type TestContext, test } from 'node:test';
import { patchRequestTimer, type RequestQueue } from './patch-request-timer.ts';

interface Queue extends RequestQueue {
  push(request: object): void;
  fulfillRequest(response: object): void;
  maybeThrottle(ms: number): void;
}

const Queue: new (options: object) => Queue = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue/index.js',
);
const logger = { debug: () => undefined, warn: () => undefined };
patchRequestTimer('patched');

/** Opens a queue that sends through `send`, and counts the timers that are set. */
function openQueue(context: TestContext, clientId: string) {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const timers = context.mock.method(globalThis, 'setTimeout');
  const queue = new Queue({
    clientId,
    logger,
    broker: 'b:9092',
    maxInFlightRequests: null,
    requestTimeout: 1000,
  });
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

test('sets no timer when nothing waits', (context) => {
  const { send, sent, respond, timersSet } = openQueue(context, 'patched');
  respond(send());
  respond(send());
  assert.deepEqual(sent, [1, 2]);
  assert.equal(timersSet(), 0);
});

test('sends what waits when the broker no longer throttles, and then sets no timer', (context) => {
  const { queue, send, sent, respond, timersSet } = openQueue(context, 'patched');
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

test('leaves other clients of the process as they are', (context) => {
  const { send, respond, timersSet } = openQueue(context, 'another');
  respond(send());
  assert.equal(timersSet(), 1);
});

/** Opens a connected queue with a request that the broker does not answer. */
function openSilentQueue(context: TestContext, clientId: string) {
  context.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const intervals = context.mock.method(globalThis, 'setInterval');
  const queue = new Queue({
    clientId,
    logger,
    broker: 'b:9092',
    maxInFlightRequests: null,
    enforceRequestTimeout: true,
    requestTimeout: 15_000,
    isConnected: () => true,
  });
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

test('looks for requests that have timed out every 2 s', (context) => {
  const { queue, failures, everyMs } = openSilentQueue(context, 'patched');
  assert.deepEqual(everyMs(), [2000]);
  context.mock.timers.tick(14_000);
  assert.deepEqual(failures, []);
  context.mock.timers.tick(2_000);
  assert.match(String(failures[0]), /timed out/);
  queue.destroy();
  context.mock.timers.tick(60_000);
  assert.equal(failures.length, 1);
});

test('looks for requests of other clients as often as kafkajs does', (context) => {
  const { queue, everyMs } = openSilentQueue(context, 'another');
  assert.deepEqual(everyMs(), [100]);
  queue.destroy();
});
