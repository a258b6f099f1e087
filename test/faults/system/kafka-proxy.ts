/** A proxy to one broker that can be cut and slowed down, and that can lose responses. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTcpProxy } from '../../support/tcp-proxy.ts';
import { createWorkCounters, type WorkCounter } from '../nemesis/work.ts';
import {
  getKafkaCorrelationId,
  PRODUCE_API_KEY,
  parseKafkaRequestHead,
  splitKafkaFrames,
} from './kafka-frames.ts';

export type KafkaProxyMode =
  | { readonly kind: 'clear' }
  /** The proxy delays every response by `ms` milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number }
  /**
   * Produce requests reach the broker, but the proxy closes the connection instead of returning the response.
   */
  | { readonly kind: 'lose-produce-answers' }
  /** Produce requests reach the broker, but the proxy drops their responses and keeps the connection open. */
  | { readonly kind: 'swallow-produce-answers' };

export interface KafkaProxy {
  /** The port that the broker must advertise to its clients. */
  readonly port: number;
  setMode(mode: KafkaProxyMode): void;
  /**
   * Holds back the broker's responses to produce requests, in any mode of the proxy.
   * @returns a function that sends the responses that were held back
   */
  hold(): () => void;
  /** Closes all connections through the proxy, and refuses new ones until `mend` is called. */
  cut(): Promise<void>;
  /** Makes the proxy accept connections again after `cut`. */
  mend(): Promise<void>;
  /** Waits until the broker has received a produce request and has not responded to it yet. */
  nextProduce(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates a proxy to a broker on this machine. The proxy accepts connections immediately.
 * @param options.produces counts the produce requests without a response
 * @param options.delay waits for the given number of ms in the mode `slow`; by default, with a real timer
 */
export async function createKafkaProxy(
  brokerPort: number,
  {
    produces = createWorkCounters()(''),
    delay = sleep,
  }: { readonly produces?: WorkCounter; readonly delay?: (ms: number) => Promise<void> } = {},
): Promise<KafkaProxy> {
  let mode: KafkaProxyMode = { kind: 'clear' };
  let produced = Promise.withResolvers<void>();
  let held: Promise<void> | undefined;

  /** Forwards bytes between a client and the broker until one of them closes the connection. */
  async function relay(near: Socket, far: Socket): Promise<void> {
    /**
     * The produce requests without a response, by correlation id. The value is the function that stops
     * counting the request as work in progress.
     */
    const open = new Map<number, () => void>();

    async function* requests(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const frame of splitKafkaFrames(chunks)) {
        const { apiKey, correlationId } = parseKafkaRequestHead(frame);
        if (apiKey === PRODUCE_API_KEY) open.set(correlationId, produces.begin());
        yield frame;
        if (apiKey !== PRODUCE_API_KEY) continue;
        produced.resolve();
        produced = Promise.withResolvers();
      }
    }

    async function* answers(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const frame of splitKafkaFrames(chunks)) {
        if (mode.kind === 'slow') await delay(mode.ms);
        const end = open.get(getKafkaCorrelationId(frame));
        const isProduce = open.delete(getKafkaCorrelationId(frame));
        if (isProduce) await held;
        end?.();
        if (isProduce && mode.kind === 'lose-produce-answers') return;
        if (isProduce && mode.kind === 'swallow-produce-answers') continue;
        yield frame;
      }
    }

    await Promise.race([pipeline(near, requests, far), pipeline(far, answers, near)]).catch(() => undefined);
    for (const end of open.values()) end();
  }

  const { port, cut, mend } = await createTcpProxy(
    `127.0.0.1:${brokerPort}`,
    (near, far) => void relay(near, far).finally(() => near.destroy()),
  );
  await mend();
  return {
    port,
    setMode: (next) => {
      mode = next;
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    cut,
    mend,
    nextProduce: async (signal) => {
      const aborted = once(signal, 'abort');
      await Promise.race([produced.promise, aborted]);
    },
    close: cut,
  };
}
