/** A consumer of a simulated log, for property tests. */
import type { BusRecord } from '@latchkey/bus';
import { applySlice, distinctAccountIds } from '../apply-slice.ts';
import type { RecordAuthenticator } from '../authenticate.ts';
import type { Position, PositionStore } from '../position-store.ts';
import type { EventRecord } from '../records.ts';
import { createParkedAccountRetrier } from '../retry-parked.ts';
import { readRecordsOfKey } from './shuffled-log.ts';

/** Calls the store. Tests may pass a function that delays some calls or makes them fail. */
export type RunStoreCall = <T>(work: () => Promise<T>) => Promise<T>;

interface GroupMemberOptions<State extends Position> {
  readonly positions: PositionStore<State>;
  readonly records: readonly BusRecord[];
  readonly call: RunStoreCall;
  readonly authenticate: RecordAuthenticator;
  start(account: string): State;
  apply(state: State, record: EventRecord): State;
  /**
   * Returns the sequence of the account's last event in the journal. Default: the journal is not consulted.
   */
  readonly lastDecided?: (() => Promise<number>) | undefined;
}

/** Creates a member of a consumer group. Members share only the store and the log. */
export function createTestGroupMember<State extends Position>(options: GroupMemberOptions<State>) {
  const { positions, records, call, authenticate, start, apply, lastDecided } = options;
  const store: PositionStore<State> = {
    load: (accounts) => call(() => positions.load(accounts)),
    save: (states) => call(() => positions.save(states)),
    replaceMark: (current, next) => call(() => positions.replaceMark(current, next)),
  };
  const parked = createParkedAccountRetrier<State>({
    log: { readKey: (_topic, _partition, key, from, to) => readRecordsOfKey(records, key, from, to) },
    authenticate,
    positions: store,
    first: 'one',
    start,
    handle: apply,
    ...(lastDecided && { lastDecided }),
  });
  async function handle(slice: readonly BusRecord[]): Promise<void> {
    const { records: decoded } = await authenticate(slice);
    const outcome = applySlice(await store.load(distinctAccountIds(decoded)), decoded, { start, apply });
    await store.save(outcome.changed);
    for (const mark of outcome.marksToRetry) await parked.resume(mark, slice.at(-1)?.offset ?? 0);
  }
  return { handle, retry: parked.retry };
}

/**
 * Passes all records to `handle`, in slices of the given sizes. If `handle` rejects a slice, passes its
 * records again, in slices of other sizes.
 */
export async function deliverInSlices(
  handle: (slice: readonly BusRecord[]) => Promise<void>,
  records: readonly BusRecord[],
  sizes: readonly number[],
): Promise<void> {
  let turn = 0;
  for (let position = 0; position < records.length; turn += 1) {
    const end = position + 1 + (sizes[turn % sizes.length] ?? 0);
    const handled = await handle(records.slice(position, end)).then(
      () => true,
      () => false,
    );
    if (handled) position = end;
  }
}
