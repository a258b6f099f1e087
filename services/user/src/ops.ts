/** The user service for operators' commands, beside running instances. */
import { setTimeout } from 'node:timers/promises';
import type { Backend } from '@latchkey/backend';
import type { BusRecord, Groups } from '@latchkey/bus';
import type { Parked } from '@latchkey/consumer';
import { type Preparable, pages } from '@latchkey/store';
import { groupOf } from './generation/pointer.ts';
import type { ParkedPage, Profiles } from './ports/profiles.ts';
import { type ParkedAccount, parkedInEach } from './projection/parked-accounts.ts';
import { createRetry, createRetryInEach, type RetriedIn } from './projection/retry-parked.ts';
import { createRebuild, type Rebuild } from './rebuild/rebuild.ts';
import { openStorage } from './storage/index.ts';

export { differingFields, fold } from './profile/compare.ts';
export type { StoredAccount } from './profile/stored-account.ts';
export type { ParkedAccount, ParkedIn } from './projection/parked-accounts.ts';
export type { RetriedIn } from './projection/retry-parked.ts';
export type { Parity } from './rebuild/compare-generations.ts';
export type { GenerationState, Rebuild } from './rebuild/rebuild.ts';

/** The generation that answers queries. */
export interface ActiveProfiles extends Pick<Profiles, 'load'> {
  /** The consumer group, whose positions tell how far the generation has been filled. */
  readonly group: string;
  /** Returns the id of every known account, page by page. */
  ids(): AsyncIterable<readonly string[]>;
}

/** Every method may reject with StoreUnavailable, or with the log's failure. */
export interface UserOps extends Preparable {
  /** Returns the numbers of the generations of the read model that are being filled. */
  generations(): Promise<readonly number[]>;
  activeProfiles(): Promise<ActiveProfiles>;
  /** Returns accounts that are parked in any generation, by id. */
  listParked(page: ParkedPage): Promise<readonly ParkedAccount[]>;
  /** Returns undefined if the account is parked in no generation. */
  findParked(account: string): Promise<ParkedAccount | undefined>;
  /** Returns the record that an account is parked at, unless it is gone from the topic. */
  recordOf(parked: Parked): Promise<BusRecord | undefined>;
  /**
   * Reads the records of a parked account again, in every generation that is being filled, from the one that could not
   * be applied.
   * @param lastDecided returns the sequence of an account's last event in the journal, 0 if there is none
   * @returns the worst outcome of all generations
   */
  retryParked(account: string, lastDecided: (account: string) => Promise<number>): Promise<RetriedIn>;
  rebuild(groups: Groups): Rebuild;
}

const PAGE = 500;

/** @throws DataFolderError */
export function openOps({ store, bus }: Backend): UserOps {
  const { generations, profilesOf, requirements, check } = openStorage(store);
  const parked = parkedInEach({ pointer: generations.read, profilesOf });

  async function* idsOf(profiles: Pick<Profiles, 'page'>): AsyncGenerator<readonly string[]> {
    for await (const page of pages<{ readonly account: string }>((last) =>
      profiles.page(last?.account, PAGE),
    ))
      yield page.map(({ account }) => account);
  }

  return {
    requirements,
    check,
    generations: async () => (await generations.read()).running,
    async activeProfiles() {
      const { active } = await generations.read();
      const profiles = profilesOf(active);
      return { group: groupOf(active), load: profiles.load, ids: () => idsOf(profiles) };
    },
    listParked: parked.list,
    findParked: parked.find,
    async recordOf({ account, topic, partition, offset }) {
      for await (const record of bus.readKey(topic, partition, account, offset)) {
        return record.offset === offset ? record : undefined;
      }
      return undefined;
    },
    retryParked(account, lastDecided) {
      // Nothing to announce here: waiting requests poll the store.
      function retryIn(generation: number) {
        return createRetry({ log: bus, positions: profilesOf(generation), lastDecided });
      }
      return createRetryInEach({ pointer: generations.read, retryIn })(account);
    },
    rebuild: (groups) =>
      createRebuild({
        generations,
        profilesOf,
        groups,
        now: () => new Date(),
        pause: async (ms) => setTimeout(ms),
      }),
  };
}
