/** The accounts of two generations side by side. */
import type { Profiles } from '../ports/profiles.ts';
import type { Account } from '../profile/account.ts';

/** What each says of one account; `{id}` alone where it knows nothing of it. */
export interface Pair {
  readonly old: Account;
  readonly fresh: Account;
}

/** Accounts read from each at once: what is in memory at any time. */
const PAGE = 500;

/** By id, a bounded number at a time; each account that was there at the beginning is among them. */
export async function* pairs(
  old: Pick<Profiles, 'page'>,
  fresh: Pick<Profiles, 'page'>,
): AsyncGenerator<readonly Pair[]> {
  for (let after: string | undefined; ; ) {
    const pages = await Promise.all([old.page(after, PAGE), fresh.page(after, PAGE)]);
    // Behind the end of a page that is full there may be more: of the other one only what is before that counts.
    const ends = pages.flatMap((page) => (page.length < PAGE ? [] : page.slice(-1).map(({ id }) => id)));
    const end = ends.toSorted()[0];
    const [left, right] = pages.map((page) => byId(page, end));
    const found = pair(left ?? new Map(), right ?? new Map());
    if (found.length > 0) yield found;
    if (end === undefined) return;
    after = end;
  }
}

type ById = ReadonlyMap<string, Account>;

function byId(page: readonly Account[], end: string | undefined): ById {
  return new Map(
    page.filter(({ id }) => end === undefined || id <= end).map((account) => [account.id, account]),
  );
}

function pair(old: ById, fresh: ById): readonly Pair[] {
  return [...new Set([...old.keys(), ...fresh.keys()])].map((id) => ({
    old: old.get(id) ?? { id },
    fresh: fresh.get(id) ?? { id },
  }));
}

/** The same accounts as they are by now. */
export async function again(
  ids: readonly string[],
  old: Pick<Profiles, 'load'>,
  fresh: Pick<Profiles, 'load'>,
): Promise<readonly Pair[]> {
  const [left, right] = await Promise.all([old.load(ids), fresh.load(ids)]);
  return ids.map((id) => ({ old: left.get(id) ?? { id }, fresh: right.get(id) ?? { id } }));
}
