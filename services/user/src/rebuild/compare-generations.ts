/** Compares all accounts of two generations while both generations are still being filled. */
import type { Parked } from '@latchkey/consumer';
import type { ProfileStore } from '../ports/profiles.ts';
import type { StoredAccount } from '../profile/stored-account.ts';
import { type AccountInBothGenerations, readAccountPairs, rereadAccountPairs } from './pairs.ts';
import { compareStoredAccounts } from './parity.ts';

/**
 * The result of comparing two generations. For each kind of difference, contains the number of accounts and the first
 * few of them as examples.
 */
export interface GenerationComparison {
  /** The number of compared accounts. An account in both generations counts once. */
  readonly accounts: number;
  /** The number of accounts that are at the same sequence in both generations, but have different profiles. */
  readonly differing: number;
  /** For each field of a profile, the number of accounts whose profiles differ in that field. */
  readonly fields: Readonly<Record<string, number>>;
  readonly examples: readonly string[];
  /** The number of accounts that are parked in the new generation but not in the old one. */
  readonly parked: number;
  readonly parkedExamples: readonly Parked[];
  /** The number of accounts that are parked in the old generation but not in the new one. */
  readonly freed: number;
  /**
   * The number of accounts for which the old generation lacked events that the new generation has, and did
   * not catch up in time. The switch to the new generation repairs them.
   */
  readonly repaired: number;
  readonly repairedExamples: readonly string[];
  /**
   * The number of accounts for which the new generation lacked events that the old generation has, and did
   * not catch up in time.
   */
  readonly apart: number;
  readonly apartExamples: readonly string[];
}

export interface CompareGenerationsDeps {
  readonly old: Pick<ProfileStore, 'page' | 'load'>;
  readonly fresh: Pick<ProfileStore, 'page' | 'load'>;
  pause(ms: number): Promise<void>;
  /** Called during the comparison with the number of accounts compared so far. */
  seen(accounts: number): void;
}

const FEW = 3;
const LOOK_AGAIN_MS = 100;
/**
 * The maximum number of times that accounts at different sequences are read again, which takes half a minute in total.
 */
const MOST_LOOKS = 300;

/**
 * Compares all accounts of two generations of the read model. The profiles of an account are compared when both are at
 * the same sequence. If one generation is ahead, the account is read again until the other has caught up, or for half a
 * minute.
 */
export async function compareGenerations(deps: CompareGenerationsDeps): Promise<GenerationComparison> {
  const tally = createTally();
  for await (const page of readAccountPairs(deps.old, deps.fresh)) {
    let open = page.filter((pair) => !tally.settles(pair));
    for (let looks = 0; open.length > 0 && looks < MOST_LOOKS; looks += 1) {
      await deps.pause(LOOK_AGAIN_MS);
      const ids = open.map(({ old }) => old.account);
      open = (await rereadAccountPairs(ids, deps.old, deps.fresh)).filter((pair) => !tally.settles(pair));
    }
    tally.giveUp(open);
    deps.seen(tally.result().accounts);
  }
  return tally.result();
}

function createTally() {
  let accounts = 0;
  let freed = 0;
  const differing = createCount<string>();
  const parked = createCount<StoredAccount>();
  const repaired = createCount<string>();
  const apart = createCount<string>();
  const fields = new Map<string, number>();

  return {
    /**
     * Compares an account in two generations, and counts the result. Counts nothing if one generation is
     * ahead and the other may still catch up.
     * @returns whether the account was counted; if not, it must be compared again
     */
    settles({ old, fresh }: AccountInBothGenerations): boolean {
      const verdict = compareStoredAccounts(old, fresh);
      if (verdict.kind === 'apart') return false;
      accounts += 1;
      if (verdict.kind === 'freed') freed += 1;
      if (verdict.kind === 'parked') parked.add(fresh);
      if (verdict.kind === 'differs') {
        differing.add(fresh.account);
        for (const field of verdict.fields) fields.set(field, (fields.get(field) ?? 0) + 1);
      }
      return true;
    },
    giveUp(open: readonly AccountInBothGenerations[]) {
      accounts += open.length;
      for (const { old, fresh } of open)
        (fresh.sequence > old.sequence ? repaired : apart).add(fresh.account);
    },
    result: (): GenerationComparison => ({
      accounts,
      differing: differing.all(),
      fields: Object.fromEntries(fields),
      examples: differing.few(),
      parked: parked.all(),
      parkedExamples: parked.few().flatMap((account) => account.parked ?? []),
      freed,
      repaired: repaired.all(),
      repairedExamples: repaired.few(),
      apart: apart.all(),
      apartExamples: apart.few(),
    }),
  };
}

/** Counts items, and keeps the first few as examples. */
function createCount<T>() {
  const first: T[] = [];
  let many = 0;
  return {
    add(each: T) {
      many += 1;
      if (first.length < FEW) first.push(each);
    },
    all: () => many,
    few: (): readonly T[] => [...first],
  };
}
