/** What ops may see and do of the projection beside running instances. */
import type { BusRecord } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { type Backend, storesOf } from './backends.ts';
import type { ParkedPage } from './ports/profiles.ts';
import type { Parked } from './profile/account.ts';
import { createRetryParked, type RetryOutcome, retryInEach } from './projection/retry-parked.ts';

export interface AdministrationDeps {
  readonly backend: Backend;
  /** The sequence of an account's last event in the journal, 0 where there is none. */
  lastDecided(account: string): Promise<number>;
}

export interface Administration {
  /** Accounts that stand still, by id. */
  listParked(page: ParkedPage): Promise<readonly Parked[]>;
  /** Undefined where the account does not stand still. */
  findParked(account: string): Promise<Parked | undefined>;
  /** The record that an account is parked at, unless it is gone from the topic. */
  recordOf(parked: Parked): Promise<BusRecord | undefined>;
  /**
   * Reads a parked account's records again, from the one that could not be applied: in every generation of the read
   * model that is kept up to date. @returns what came of it in the one that answers
   */
  retryParked(account: string): Promise<RetryOutcome>;
}

/** Acts on the generation that answers. */
export function openAdministration({ backend, lastDecided }: AdministrationDeps): Administration {
  const { bus } = backend;
  const { generations, profilesOf } = storesOf(backend);
  const answering = async () => profilesOf((await generations.read()).active);
  // Those who wait for an account look at the store now and then.
  const retryIn = (generation: number) =>
    createRetryParked({ bus, profiles: profilesOf(generation), lastDecided, announce: () => undefined });

  return {
    listParked: async (page) => (await answering()).listParked(page),
    findParked: async (account) => (await (await answering()).find(account)).parked,
    async recordOf({ account, partition, offset }) {
      for await (const record of bus.readKey(ACCOUNTS_TOPIC, partition, account, offset)) {
        return record.offset === offset ? record : undefined;
      }
      return undefined;
    },
    retryParked: retryInEach({ pointer: generations.read, retryIn }),
  };
}
