import { performance } from 'node:perf_hooks';
import type { Bus, OutgoingRecord } from '@latchkey/bus';

export interface ObservedPublish {
  readonly records: readonly OutgoingRecord[];
  settled(): boolean;
}

export interface ObservedBus {
  /**
   * Publishes records through the bus and records the send. Tests pass this function to a relay as its bus.
   */
  readonly publish: Bus['publish'];
  /** Resolves as soon as a send begins whose records match `fits`. */
  next(fits: (records: readonly OutgoingRecord[]) => boolean): Promise<ObservedPublish>;
  /** Returns the median duration of the latest successful sends, in ms. */
  typicalMs(): number;
  counts(): { readonly sends: number; readonly failedSends: number };
}

const REMEMBERED = 99;

/** Wraps a bus so that tests can observe what is sent through it. */
export function observePublishes(bus: Pick<Bus, 'publish'>): ObservedBus {
  const durations: number[] = [];
  let waiting: (send: ObservedPublish) => void = () => undefined;
  let sends = 0;
  let failedSends = 0;

  return {
    async publish(topic, records) {
      let settled = false;
      const begun = performance.now();
      sends += 1;
      const sending = bus.publish(topic, records);
      waiting({ records, settled: () => settled });
      try {
        await sending;
        durations.push(performance.now() - begun);
        if (durations.length > REMEMBERED) durations.shift();
      } catch (error) {
        failedSends += 1;
        throw error;
      } finally {
        settled = true;
      }
    },
    next: (fits) =>
      new Promise((resolve) => {
        waiting = (send) => {
          if (!fits(send.records)) return;
          waiting = () => undefined;
          resolve(send);
        };
      }),
    typicalMs: () => durations.toSorted((a, b) => a - b)[durations.length >> 1] ?? 0,
    counts: () => ({ sends, failedSends }),
  };
}
