/** Reads the accounts of two generations in parallel. */
import type { Profiles } from '../ports/profiles.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';

/**
 * One account as it is stored in each of two generations of the read model: `old`, which a rebuild replaces, and
 * `fresh`, which it builds. If a generation does not know the account, the account is at sequence 0 in it.
 */
export interface AccountInBothGenerations {
  readonly old: StoredAccount;
  readonly fresh: StoredAccount;
}

/** How many accounts are read from each generation at a time; limits memory use. */
const PAGE = 500;

/** Yields pairs by id, a limited number at a time. Includes every account that existed at the start. */
export async function* readPairs(
  old: Pick<Profiles, 'page'>,
  fresh: Pick<Profiles, 'page'>,
): AsyncGenerator<readonly AccountInBothGenerations[]> {
  for (let after: string | undefined; ; ) {
    const pages = await Promise.all([old.page(after, PAGE), fresh.page(after, PAGE)]);
    // There may be more accounts after the end of a full page, so the other page is used only up to the last id of the
    // full page.
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

function pair(old: ById, fresh: ById): readonly AccountInBothGenerations[] {
  return [...new Set([...old.keys(), ...fresh.keys()])].map((id) => ({
    old: old.get(id) ?? unknownAccount(id),
    fresh: fresh.get(id) ?? unknownAccount(id),
  }));
}

/** Reads the accounts with these ids again from both generations. */
export async function rereadPairs(
  ids: readonly string[],
  old: Pick<Profiles, 'load'>,
  fresh: Pick<Profiles, 'load'>,
): Promise<readonly AccountInBothGenerations[]> {
  const [left, right] = await Promise.all([old.load(ids), fresh.load(ids)]);
  return ids.map((id) => ({
    old: left.get(id) ?? unknownAccount(id),
    fresh: right.get(id) ?? unknownAccount(id),
  }));
}
