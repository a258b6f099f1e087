/** Accounts that are parked in any generation of the read model. */
import type { Parked } from '@latchkey/consumer';
import type { GenerationPointer } from '../generation/pointer.ts';
import { findAccount, type ParkedPageRequest, type Profiles } from '../ports/profiles.ts';

export interface ParkedInGeneration extends Parked {
  readonly generation: number;
}

export interface ParkedAccount {
  readonly account: string;
  /** In which generations the account is parked, and at which event: at least one entry. */
  readonly marks: readonly ParkedInGeneration[];
}

export interface ParkedAccounts {
  /**
   * Returns at most `limit` parked accounts in the order of their ids, each with all generations in which it is
   * parked.
   */
  list(page: ParkedPageRequest): Promise<readonly ParkedAccount[]>;
  /** Returns a parked account; undefined if it is parked in no generation. */
  find(account: string): Promise<ParkedAccount | undefined>;
}

/**
 * Lists parked accounts of every generation that is being filled, so that parked accounts are noticed before their
 * generation becomes active.
 */
export function createParkedAccounts(deps: {
  pointer(): Promise<Pick<GenerationPointer, 'running'>>;
  profilesOf(generation: number): Pick<Profiles, 'load' | 'listParked'>;
}): ParkedAccounts {
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
    // The first accounts overall are among those that the generations list, because each lists its own first accounts.
    list: async (page) => (await inEach((profiles) => profiles.listParked(page))).slice(0, page.limit),
    async find(account) {
      const [found] = await inEach(async (profiles) => {
        const { parked } = await findAccount(profiles, account);
        return parked === undefined ? [] : [parked];
      });
      return found;
    },
  };
}

function byAccount(marks: readonly ParkedInGeneration[]): readonly ParkedAccount[] {
  return [...Map.groupBy(marks, ({ account }) => account)]
    .map(([account, each]) => ({ account, marks: each }))
    .toSorted((a, b) => (a.account < b.account ? -1 : 1));
}
