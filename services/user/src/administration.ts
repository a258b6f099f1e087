/** What ops may see and do of the projection beside running instances. */
import type { BusRecord } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { type Backend, profilesOn } from './backends.ts';
import type { ParkedPage } from './ports/profiles.ts';
import type { Parked } from './profile/account.ts';
import { createRetryParked, type RetryOutcome } from './projection/retry-parked.ts';

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
  /** Reads a parked account's records again, from the one that could not be applied. */
  retryParked(account: string): Promise<RetryOutcome>;
}

export function openAdministration({ backend, lastDecided }: AdministrationDeps): Administration {
  const { bus } = backend;
  const profiles = profilesOn(backend);
  return {
    listParked: profiles.listParked,
    findParked: async (account) => (await profiles.find(account)).parked,
    async recordOf({ account, partition, offset }) {
      for await (const record of bus.readKey(ACCOUNTS_TOPIC, partition, account, offset)) {
        return record.offset === offset ? record : undefined;
      }
      return undefined;
    },
    // Those who wait for an account look at the store now and then.
    retryParked: createRetryParked({ bus, profiles, lastDecided, announce: () => undefined }),
  };
}
