/**
 * Lists accounts that are parked (stopped at an event that could not be applied) in any generation of the read model.
 */
import type { Parked } from '@latchkey/consumer';
import type { GenerationPointer } from '../generation/pointer.ts';
import { loadStoredAccount, type ParkedAccountsPageRequest, type ProfileStore } from '../ports/profiles.ts';

export interface ParkedMarkInGeneration extends Parked {
  readonly generation: number;
}

export interface ParkedAccount {
  readonly account: string;
  /**
   * One entry for each generation in which the account is parked, with the record that parked the account. Never empty.
   */
  readonly marks: readonly ParkedMarkInGeneration[];
}

export interface ParkedAccountReader {
  /**
   * Returns at most `limit` parked accounts, sorted by id. Each is listed once, with all generations in which it is
   * parked.
   */
  list(page: ParkedAccountsPageRequest): Promise<readonly ParkedAccount[]>;
  /** Returns an account if it is parked in at least one generation, otherwise undefined. */
  find(account: string): Promise<ParkedAccount | undefined>;
}

/**
 * Lists the parked accounts of all generations that are being filled, so that operators see them before a new
 * generation becomes active.
 */
export function createParkedAccountReader(deps: {
  pointer(): Promise<Pick<GenerationPointer, 'running'>>;
  profilesOf(generation: number): Pick<ProfileStore, 'load' | 'listParked'>;
}): ParkedAccountReader {
  async function inEach(
    ask: (profiles: ReturnType<typeof deps.profilesOf>) => Promise<readonly Parked[]>,
  ): Promise<readonly ParkedAccount[]> {
    const { running } = await deps.pointer();
    const marks = running.map(async (generation) =>
      (await ask(deps.profilesOf(generation))).map((parked) => ({ ...parked, generation })),
    );
    return byAccount((await Promise.all(marks)).flat());
  }

  return {
    // Merge the first `limit` parked accounts of each generation. The result contains the first `limit`
    // parked accounts of all generations.
    list: async (page) => (await inEach((profiles) => profiles.listParked(page))).slice(0, page.limit),
    async find(account) {
      const [found] = await inEach(async (profiles) => {
        const { parked } = await loadStoredAccount(profiles, account);
        return parked === undefined ? [] : [parked];
      });
      return found;
    },
  };
}

function byAccount(marks: readonly ParkedMarkInGeneration[]): readonly ParkedAccount[] {
  return [...Map.groupBy(marks, ({ account }) => account)]
    .map(([account, each]) => ({ account, marks: each }))
    .toSorted((a, b) => (a.account < b.account ? -1 : 1));
}
