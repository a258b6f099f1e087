import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { eventually } from '../../support/eventually.ts';
import { createWorkCounters, type WorkCounter } from '../nemesis/work.ts';
import {
  getKafkaCorrelationId,
  PRODUCE_API_KEY,
  parseKafkaRequestHead,
  splitKafkaFrames,
} from './kafka-frames.ts';
import { createKafkaProxy, type KafkaProxy } from './kafka-proxy.ts';

const METADATA = 3;

function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function request(apiKey: number, correlationId: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt16BE(apiKey, 0);
  head.writeInt32BE(correlationId, 4);
  return framed(Buffer.concat([head, Buffer.from('what is asked')]));
}

function answer(correlationId: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(correlationId);
  return framed(Buffer.concat([head, Buffer.from('what is answered')]));
}

async function collect(frames: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const all: Buffer[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

describe('frames', () => {
  test('are the same however their bytes are split', async () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bodies, cuts, async (given, sizes) => {
        const frames = given.map((body) => framed(Buffer.from(body)));
        const got = await collect(splitKafkaFrames(piecesOf(Buffer.concat(frames), sizes)));
        assert.deepEqual(got, frames);
      }),
    );
  });
});

async function* piecesOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('the proxy', () => {
  let broker: Server;
  let asked: number[];
  let work: WorkCounter;
  let proxy: KafkaProxy;
  let client: Socket;
  let answers: AsyncIterator<Buffer>;
  /** The delays that the proxy has begun and not ended. Calling `end` ends the delay. */
  let delays: { readonly ms: number; readonly end: () => void }[];

  /** Starts a server that responds to every request immediately, with its correlation id. */
  before(async () => {
    broker = createServer(async (socket) => {
      socket.on('error', () => undefined);
      for await (const frame of splitKafkaFrames(socket)) {
        asked.push(parseKafkaRequestHead(frame).correlationId);
        socket.write(answer(parseKafkaRequestHead(frame).correlationId));
      }
    });
    broker.listen(0, '127.0.0.1');
    await once(broker, 'listening');
  });

  after(() => broker.close());

  beforeEach(async () => {
    asked = [];
    delays = [];
    work = createWorkCounters()('broker-1');
    proxy = await createKafkaProxy((broker.address() as AddressInfo).port, {
      produces: work,
      delay: (ms) => new Promise((end) => delays.push({ ms, end })),
    });
    await plug();
  });

  afterEach(async () => {
    client.destroy();
    await proxy.close();
  });

  async function plug(): Promise<void> {
    client = connect(proxy.port, '127.0.0.1');
    answers = splitKafkaFrames(client);
    await once(client, 'connect');
  }

  function ask(apiKey: number, correlationId: number) {
    return client.write(request(apiKey, correlationId));
  }

  /** Returns the correlation id of the next response; undefined if the connection has ended. */
  async function answered(): Promise<number | undefined> {
    const next = await answers.next();
    return next.done ? undefined : getKafkaCorrelationId(next.value);
  }

  test('forwards requests and responses', async () => {
    ask(METADATA, 1);
    assert.equal(await answered(), 1);
    ask(PRODUCE_API_KEY, 2);
    assert.equal(await answered(), 2);
    assert.deepEqual(asked, [1, 2]);
  });

  test('counts produce requests until they are answered or their connection ends', async () => {
    const count = work.watch();
    ask(METADATA, 1);
    assert.equal(await answered(), 1);
    assert.equal(count(), 0);
    ask(PRODUCE_API_KEY, 2);
    assert.equal(await answered(), 2);
    assert.deepEqual([count(), work.watch()()], [1, 0]);
    const letGo = proxy.hold();
    ask(PRODUCE_API_KEY, 3);
    await eventually('the broker has the request', () => asked.includes(3));
    assert.equal(work.watch()(), 1);
    client.destroy();
    letGo();
    await eventually('the connection has ended', () => work.watch()() === 0);
  });

  test('closes the connection instead of forwarding the response to a produce request, but forwards others', async () => {
    proxy.setMode({ kind: 'lose-produce-answers' });
    ask(METADATA, 1);
    assert.equal(await answered(), 1);
    ask(PRODUCE_API_KEY, 2);
    assert.equal(await answered(), undefined);
    assert.deepEqual(asked, [1, 2]);
  });

  test('drops the response to a produce request, and forwards later responses', async () => {
    proxy.setMode({ kind: 'swallow-produce-answers' });
    ask(PRODUCE_API_KEY, 1);
    ask(METADATA, 2);
    assert.equal(await answered(), 2);
    proxy.setMode({ kind: 'clear' });
    ask(PRODUCE_API_KEY, 3);
    assert.equal(await answered(), 3);
    assert.deepEqual(asked, [1, 2, 3]);
  });

  test('holds back the responses to produce requests until they are released', async () => {
    const letGo = proxy.hold();
    ask(METADATA, 1);
    assert.equal(await answered(), 1);
    ask(PRODUCE_API_KEY, 2);
    const late = answered();
    await eventually('the broker has it', () => asked.includes(2));
    assert.equal(await Promise.race([late, Promise.resolve('not yet')]), 'not yet');
    letGo();
    assert.equal(await late, 2);
  });

  test('delays responses', async () => {
    proxy.setMode({ kind: 'slow', ms: 200 });
    ask(METADATA, 1);
    const late = answered();
    await eventually('the first answer is delayed', () => delays.length === 1);
    const first = client;
    await plug();
    ask(METADATA, 2);
    await eventually('the second answer is delayed', () => delays.length === 2);
    delays[1]?.end();
    assert.equal(await answered(), 2);
    assert.equal(await Promise.race([late, Promise.resolve('not yet')]), 'not yet');
    delays[0]?.end();
    assert.equal(await late, 1);
    assert.deepEqual(
      delays.map(({ ms }) => ms),
      [200, 200],
    );
    first.destroy();
  });

  test('refuses connections while it is cut, and accepts them again once it is mended', async () => {
    await proxy.cut();
    assert.equal(await answered(), undefined);
    const refused = connect(proxy.port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    assert.equal(error.code, 'ECONNREFUSED');
    await proxy.mend();
    await plug();
    ask(METADATA, 1);
    assert.equal(await answered(), 1);
  });

  test('reports a produce request in flight', async () => {
    const told = proxy.nextProduce(AbortSignal.timeout(120_000));
    ask(METADATA, 1);
    ask(PRODUCE_API_KEY, 2);
    await told;
    assert.equal(await answered(), 1);
    assert.equal(await answered(), 2);
  });
});
