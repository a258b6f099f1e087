/** What ops may see and do of the projection beside running instances. */
import type { BusRecord } from '@latchkey/bus';
import type { Parked } from '@latchkey/consumer';
import { type Backend, storesOf } from './backends.ts';
import type { ParkedPage } from './ports/profiles.ts';
import { type ParkedAccount, parkedInEach } from './projection/parked-accounts.ts';
import { createRetry, createRetryInEach, type RetriedIn } from './projection/retry-parked.ts';

export interface AdministrationDeps {
  readonly backend: Backend;
  /** The sequence of an account's last event in the journal, 0 where there is none. */
  lastDecided(account: string): Promise<number>;
}

export interface Administration {
  /** The generations of the read model that are filled, by number. */
  generations(): Promise<readonly number[]>;
  /** Accounts that stand still in any of them, by id. */
  listParked(page: ParkedPage): Promise<readonly ParkedAccount[]>;
  /** Undefined where the account stands still in none. */
  findParked(account: string): Promise<ParkedAccount | undefined>;
  /** The record that an account is parked at, unless it is gone from the topic. */
  recordOf(parked: Parked): Promise<BusRecord | undefined>;
  /**
   * Reads a parked account's records again, from the one that could not be applied: in every generation that is
   * filled. @returns the worst that came of it
   */
  retryParked(account: string): Promise<RetriedIn>;
}

export function openAdministration({ backend, lastDecided }: AdministrationDeps): Administration {
  const { bus } = backend;
  const { generations, profilesOf } = storesOf(backend);
  const parked = parkedInEach({ pointer: generations.read, profilesOf });
  // Nothing to announce here: waiting requests poll the store.
  function retryIn(generation: number) {
    return createRetry({ log: bus, positions: profilesOf(generation), lastDecided });
  }

  return {
    generations: async () => (await generations.read()).running,
    listParked: parked.list,
    findParked: parked.find,
    async recordOf({ account, topic, partition, offset }) {
      for await (const record of bus.readKey(topic, partition, account, offset)) {
        return record.offset === offset ? record : undefined;
      }
      return undefined;
    },
    retryParked: createRetryInEach({ pointer: generations.read, retryIn }),
  };
}
