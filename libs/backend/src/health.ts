/** The state of a service's dependencies, for /readyz. */
import type { BusSubscription } from '@latchkey/bus';
import type { DependencyHealth } from '@latchkey/process';
import { DiskFullError, type OpenedStore, StoreUnavailable } from '@latchkey/store';

/**
 * Returns the state of a store.
 * @param ask makes a cheap call to the store
 * @param detail describes an outage to operators. Default: `cannot be reached`
 */
export async function checkStoreHealth(
  name: string,
  ask: () => Promise<unknown>,
  detail = 'cannot be reached',
): Promise<DependencyHealth> {
  try {
    await ask();
    return { name, state: 'ok', needed: true };
  } catch (error) {
    return { name, state: 'down', needed: true, detail: isFull(error) ? error.cause.message : detail };
  }
}

function isFull(error: unknown): error is StoreUnavailable & { readonly cause: DiskFullError } {
  return error instanceof StoreUnavailable && error.cause instanceof DiskFullError;
}

/** For how long the result of a test write is reused, in ms. */
const WRITE_COUNTS_MS = 5_000;

/**
 * Returns a function that tests whether the store accepts writes. It writes at most once in 5 s, however
 * often it is called. A write is necessary to notice a full disk, a primary that has become read-only, or a
 * revoked right.
 * @param monotonic returns the time of a monotonic clock, in ms
 */
export function createStoreWriteProbe(
  { checkWritable }: Pick<OpenedStore, 'checkWritable'>,
  monotonic: () => number = () => performance.now(),
): () => Promise<void> {
  let last: { readonly at: number; readonly result: Promise<void> } | undefined;
  return () => {
    if (last === undefined || monotonic() - last.at >= WRITE_COUNTS_MS)
      last = { at: monotonic(), result: checkWritable() };
    return last.result;
  };
}

/**
 * Returns the health of a service's subscription to the log. The log is not a required dependency: the
 * service can still respond to requests while no records can be read.
 */
export function checkBusHealth(subscription: BusSubscription | undefined): DependencyHealth {
  const bus = { name: 'bus', needed: false } as const;
  if (!subscription?.healthy()) return { ...bus, state: 'down', detail: 'no records can be read' };
  const faults = subscription.faults();
  return faults.length === 0
    ? { ...bus, state: 'ok' }
    : { ...bus, state: 'degraded', detail: `${faults.join(' ')} Run: npm run ops -- verify` };
}
