/** Lets a parked account go on, once what held it up is repaired. */
import type { Bus } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import type { Pointer } from '../generation/pointer.ts';
import type { Profiles } from '../ports/profiles.ts';
import { type Account, type Parked, sequenceOf } from '../profile/account.ts';
import type { AccountRecord } from '../profile/apply-record.ts';
import { catchUp } from '../profile/catch-up.ts';
import { readRecord } from './projection.ts';

export interface RetryOutcome {
  readonly result: 'not parked' | 'goes on' | 'still parked';
  /** Of the last event applied. */
  readonly sequence: number;
  /** What still holds it up. */
  readonly cause?: string;
}

/** How it went in one of several generations. */
export interface RetriedIn extends RetryOutcome {
  readonly generation: number;
}

export interface RetryDeps {
  readonly bus: Pick<Bus, 'readKey'>;
  readonly profiles: Pick<Profiles, 'find' | 'save' | 'unpark'>;
  announce(accounts: readonly Account[]): void;
  /**
   * The sequence of the account's last event in the journal, 0 where there is none. Who can ask it can tell an
   * event that is missing from a record that is no event.
   */
  lastDecided?(account: string): Promise<number>;
}

/**
 * Reads the account's records again from the one that parked it, until another look changes nothing: the
 * consumer skips records for as long as the mark stands, so those that came meanwhile are found by the look
 * after the one that took it off. May run beside the consumer, and twice.
 */
export function createRetryParked(deps: RetryDeps) {
  return async (id: string): Promise<RetryOutcome> => {
    const { parked: origin } = await deps.profiles.find(id);
    if (origin === undefined) return outcomeOf(await deps.profiles.find(id), 'not parked');

    for (;;) {
      const stored = await deps.profiles.find(id);
      const records = await readAccount(deps.bus, origin);
      // After the records: whatever is beyond it then was not on the topic.
      const decided = await deps.lastDecided?.(id);
      const caughtUp = catchUp(stored, origin, records, decided);
      if (isSame(stored, caughtUp)) return outcomeOf(caughtUp, 'goes on');
      await store(deps.profiles, stored, caughtUp);
      deps.announce([caughtUp]);
    }
  };
}

/**
 * In each generation that is filled, so that another one that comes to answer has it repaired as well. What comes
 * out is the worst of it, and of equals how it went in the one that answers.
 */
export function retryInEach(deps: {
  pointer(): Promise<Pick<Pointer, 'active' | 'running'>>;
  retryIn(generation: number): (account: string) => Promise<RetryOutcome>;
}) {
  return async (account: string): Promise<RetriedIn> => {
    const { active, running } = await deps.pointer();
    async function retry(generation: number) {
      return {
        ...(await deps.retryIn(generation)(account)),
        generation,
      };
    }
    const others: RetriedIn[] = [];
    for (const generation of running.filter((each) => each !== active)) others.push(await retry(generation));
    return others.reduce(worse, await retry(active));
  };
}

/** From good to bad. */
const RESULTS: readonly RetryOutcome['result'][] = ['not parked', 'goes on', 'still parked'];

function worse(worst: RetriedIn, other: RetriedIn): RetriedIn {
  return RESULTS.indexOf(other.result) > RESULTS.indexOf(worst.result) ? other : worst;
}

async function readAccount(bus: RetryDeps['bus'], { account, partition, offset }: Parked) {
  const records: AccountRecord[] = [];
  for await (const record of bus.readKey(ACCOUNTS_TOPIC, partition, account, offset)) {
    const { decoded, ...place } = readRecord(record);
    if (decoded.kind !== 'unusable') records.push({ ...place, decoded });
  }
  return records;
}

async function store(profiles: RetryDeps['profiles'], stored: Account, caughtUp: Account): Promise<void> {
  const moved = sequenceOf(caughtUp) > sequenceOf(stored);
  // `save` never takes a mark off at the same sequence: only who read the topic again may.
  if (!moved && stored.parked !== undefined) await profiles.unpark(stored.parked);
  else await profiles.save([caughtUp]);
}

function isSame(a: Account, b: Account): boolean {
  return sequenceOf(a) === sequenceOf(b) && (a.parked === undefined) === (b.parked === undefined);
}

function outcomeOf(account: Account, free: 'not parked' | 'goes on'): RetryOutcome {
  return {
    result: account.parked === undefined ? free : 'still parked',
    sequence: sequenceOf(account),
    ...(account.parked === undefined ? {} : { cause: account.parked.cause }),
  };
}
