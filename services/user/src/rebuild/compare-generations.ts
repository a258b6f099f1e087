/** Whether two generations say the same of every account, while both go on. */
import type { Parked } from '@latchkey/consumer';
import type { Profiles } from '../ports/profiles.ts';
import type { StoredAccount } from '../profile/stored-account.ts';
import { again, type Pair, pairs } from './pairs.ts';
import { compareAccount } from './parity.ts';

/** What was found. Accounts are named by their ids, and of many only the first few. */
export interface Parity {
  /** Accounts that either knows of. */
  readonly accounts: number;
  /** That differ, at the same sequence. */
  readonly differing: number;
  /** In how many accounts each field differs. */
  readonly fields: Readonly<Record<string, number>>;
  readonly examples: readonly string[];
  /** That stand still in the new one, and not in the old one. */
  readonly parked: number;
  readonly parkedExamples: readonly Parked[];
  /** That stand still in the old one, and not in the new one. */
  readonly freed: number;
  /** That did not come to the same sequence in both, though they were waited for. */
  readonly apart: number;
  readonly apartExamples: readonly string[];
}

export interface CompareDeps {
  readonly old: Pick<Profiles, 'page' | 'load'>;
  readonly fresh: Pick<Profiles, 'page' | 'load'>;
  pause(ms: number): Promise<void>;
  /** Told now and then of how many accounts have been compared. */
  seen(accounts: number): void;
}

const FEW = 3;
const LOOK_AGAIN_MS = 100;
/** Looks at accounts that are apart before they are given up: half a minute. */
const MOST_LOOKS = 300;

/**
 * Field by field where both are at the same sequence. One that is further on in one of them is looked at again
 * until the other has followed.
 */
export async function compareGenerations(deps: CompareDeps): Promise<Parity> {
  const tally = createTally();
  for await (const page of pairs(deps.old, deps.fresh)) {
    let open = page.filter((pair) => !tally.settles(pair));
    for (let looks = 0; open.length > 0 && looks < MOST_LOOKS; looks += 1) {
      await deps.pause(LOOK_AGAIN_MS);
      const ids = open.map(({ old }) => old.account);
      open = (await again(ids, deps.old, deps.fresh)).filter((pair) => !tally.settles(pair));
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
  const apart = createCount<string>();
  const fields = new Map<string, number>();

  return {
    /** False where a later look may find both at the same sequence. */
    settles({ old, fresh }: Pair): boolean {
      const verdict = compareAccount(old, fresh);
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
    giveUp(open: readonly Pair[]) {
      accounts += open.length;
      for (const { fresh } of open) apart.add(fresh.account);
    },
    result: (): Parity => ({
      accounts,
      differing: differing.all(),
      fields: Object.fromEntries(fields),
      examples: differing.few(),
      parked: parked.all(),
      parkedExamples: parked.few().flatMap((account) => account.parked ?? []),
      freed,
      apart: apart.all(),
      apartExamples: apart.few(),
    }),
  };
}

/** How many there were, and the first few. */
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
