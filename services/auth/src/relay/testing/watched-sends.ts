import { performance } from 'node:perf_hooks';
import type { Bus, OutgoingRecord } from '@latchkey/bus';

export interface Send {
  readonly records: readonly OutgoingRecord[];
  settled(): boolean;
}

export interface WatchedSends {
  /** The publish function to give to a relay. */
  readonly publish: Bus['publish'];
  /** Resolves as soon as a matching send has begun. */
  next(fits: (records: readonly OutgoingRecord[]) => boolean): Promise<Send>;
  /** Returns the duration of a send without failures: the median of the latest ones. */
  typicalMs(): number;
  counts(): { readonly sends: number; readonly failedSends: number };
}

const REMEMBERED = 99;

/** Observes sends: every publish goes through here. */
export function watchSends(bus: Pick<Bus, 'publish'>): WatchedSends {
  const durations: number[] = [];
  let waiting: (send: Send) => void = () => undefined;
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
