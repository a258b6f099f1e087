/** The accounts of two generations side by side. */
import type { Profiles } from '../ports/profiles.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';

/** What each says of one account; At sequence 0 if it knows nothing of it. */
export interface Pair {
  readonly old: StoredAccount;
  readonly fresh: StoredAccount;
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
    const ends = pages.flatMap((page) =>
      page.length < PAGE ? [] : page.slice(-1).map(({ account }) => account),
    );
    const end = ends.toSorted()[0];
    const [left, right] = pages.map((page) => byId(page, end));
    const found = pair(left ?? new Map(), right ?? new Map());
    if (found.length > 0) yield found;
    if (end === undefined) return;
    after = end;
  }
}

type ById = ReadonlyMap<string, StoredAccount>;

function byId(page: readonly StoredAccount[], end: string | undefined): ById {
  return new Map(
    page
      .filter(({ account }) => end === undefined || account <= end)
      .map((stored) => [stored.account, stored]),
  );
}

function pair(old: ById, fresh: ById): readonly Pair[] {
  return [...new Set([...old.keys(), ...fresh.keys()])].map((id) => ({
    old: old.get(id) ?? unknownAccount(id),
    fresh: fresh.get(id) ?? unknownAccount(id),
  }));
}

/** The same accounts as they are by now. */
export async function again(
  ids: readonly string[],
  old: Pick<Profiles, 'load'>,
  fresh: Pick<Profiles, 'load'>,
): Promise<readonly Pair[]> {
  const [left, right] = await Promise.all([old.load(ids), fresh.load(ids)]);
  return ids.map((id) => ({
    old: left.get(id) ?? unknownAccount(id),
    fresh: right.get(id) ?? unknownAccount(id),
  }));
}
