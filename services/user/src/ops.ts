/** The functions that the user service provides to ops commands. They may run while instances of the service run. */
import { setTimeout } from 'node:timers/promises';
import type { Store } from '@latchkey/backend';
import type { Bus, BusRecord, ConsumerGroups } from '@latchkey/bus';
import { lastEventHashOf, type Parked, type RecordAuthenticator } from '@latchkey/consumer';
import { readAllPages, type StorePreparation } from '@latchkey/store';
import type { ProfileView, StoredAccount as ViewedAccount } from '@latchkey/verify';
import { findLeftoverGenerations, getGenerationConsumerGroup } from './generation/pointer.ts';
import type { ParkedAccountsPageRequest, ProfileStore } from './ports/profiles.ts';
import { computeProfile, findDifferingFields } from './profile/compare.ts';
import type { StoredAccount } from './profile/stored-account.ts';
import {
  createErasureConfirmer,
  type ErasedAccount,
  findErasureInRecord,
} from './projection/confirm-erasures.ts';
import { createParkedAccountReader, type ParkedAccount } from './projection/parked-accounts.ts';
import {
  createParkedRetrierForAllGenerations,
  createParkedRetrierForGeneration,
  type GenerationRetryOutcome,
} from './projection/retry-parked.ts';
import { createReadModelRebuild, type ReadModelRebuild } from './rebuild/rebuild.ts';
import { openUserStorage } from './storage/index.ts';

export { ERASURE_RECEIPT_NAME, type ErasedAccount } from './projection/confirm-erasures.ts';
export type { ParkedAccount, ParkedMarkInGeneration } from './projection/parked-accounts.ts';
export type { GenerationRetryOutcome } from './projection/retry-parked.ts';
export type { GenerationComparison } from './rebuild/compare-generations.ts';
export type { GenerationProgress, ReadModelRebuild } from './rebuild/rebuild.ts';

type KeyReader = Pick<Bus, 'readKey'>;

export interface ParkedRetrySource {
  readonly log: Pick<Bus, 'readKey' | 'publish'>;
  readonly authenticate: RecordAuthenticator;
  /**
   * Returns the sequence of the account's last event in the journal; 0 if the journal has no events of the
   * account.
   */
  lastDecided(account: string): Promise<number>;
}

/**
 * The functions that the user service provides to ops commands. All promises may reject with StoreUnavailable or with
 * an error of the log.
 */
export interface UserOps extends StorePreparation {
  /** Returns the numbers of the generations of the read model that are being filled. */
  generations(): Promise<readonly number[]>;
  /** Returns the numbers of the generations that are still stored but no longer filled. */
  leftoverGenerations(): Promise<readonly number[]>;
  /** Returns the profiles of the active generation of the read model. */
  activeProfiles(): Promise<ProfileView>;
  /**
   * Returns the accounts that are parked in at least one generation, sorted by id. A parked account is
   * stopped at an event that could not be applied.
   */
  listParked(page: ParkedAccountsPageRequest): Promise<readonly ParkedAccount[]>;
  /** Returns an account if it is parked in at least one generation, otherwise undefined. */
  findParked(account: string): Promise<ParkedAccount | undefined>;
  /** Returns the record that parked an account. Undefined if the topic no longer contains the record. */
  recordOf(parked: Parked, log: KeyReader): Promise<BusRecord | undefined>;
  /** Publishes a receipt for each of the given erasures that every generation has applied. Idempotent. */
  confirmErasures(erased: readonly ErasedAccount[], log: Pick<Bus, 'publish'>): Promise<void>;
  /**
   * Retries a parked account in every generation that is being filled: reads the account's records again, from the
   * record that could not be applied.
   * @returns the worst outcome over all generations
   */
  retryParked(account: string, from: ParkedRetrySource): Promise<GenerationRetryOutcome>;
  rebuild(groups: ConsumerGroups): ReadModelRebuild;
}

const PAGE = 500;

/** Opens the read model in a store for ops commands. @throws DataFolderError */
export function openUserOps(store: Store): UserOps {
  const { generations, profilesOf, requirements, check } = openUserStorage(store);
  const parked = createParkedAccountReader({ pointer: generations.read, profilesOf });

  function confirm(erased: readonly ErasedAccount[], bus: Pick<Bus, 'publish'>): Promise<void> {
    return createErasureConfirmer({ bus, generations, profilesOf, now: () => new Date() })(erased);
  }

  return {
    requirements,
    check,
    generations: async () => (await generations.read()).running,
    leftoverGenerations: async () =>
      findLeftoverGenerations(await generations.read(), await generations.stored()),
    async activeProfiles() {
      const { active } = await generations.read();
      return profileView(getGenerationConsumerGroup(active), profilesOf(active));
    },
    listParked: parked.list,
    findParked: parked.find,
    async recordOf({ account, topic, partition, offset }, log) {
      for await (const record of log.readKey(topic, partition, account, offset)) {
        return record.offset === offset ? record : undefined;
      }
      return undefined;
    },
    confirmErasures: confirm,
    async retryParked(account, from) {
      const erased: ErasedAccount[] = [];
      // There is no need to notify waiting requests, which also poll the store.
      function retryIn(generation: number) {
        return createParkedRetrierForGeneration({
          ...from,
          positions: profilesOf(generation),
          applied: (record) => erased.push(...findErasureInRecord(record)),
        });
      }
      const outcome = await createParkedRetrierForAllGenerations({ pointer: generations.read, retryIn })(
        account,
      );
      await confirm(erased.slice(-1), from.log);
      return outcome;
    },
    rebuild: (groups) =>
      createReadModelRebuild({
        generations,
        profilesOf,
        groups,
        now: () => new Date(),
        pause: async (ms) => setTimeout(ms),
      }),
  };
}

function profileView(group: string, profiles: ProfileStore): ProfileView {
  return {
    group,
    async load(ids) {
      const accounts = await profiles.load(ids);
      return new Map([...accounts].map(([id, account]) => [id, viewed(account)]));
    },
    async *ids() {
      const all = readAllPages<StoredAccount>((last) => profiles.page(last?.account, PAGE));
      for await (const page of all) yield page.map(({ account }) => account);
    },
  };
}

function viewed(stored: StoredAccount): ViewedAccount {
  const { sequence, profile, parked } = stored;
  const hash = lastEventHashOf(stored);
  return {
    sequence,
    ...(hash === undefined ? {} : { hash }),
    ...(parked && { parked }),
    differingFields(events) {
      const expected = computeProfile(events);
      return profile && expected ? findDifferingFields(profile, expected) : ['sequence'];
    },
  };
}
