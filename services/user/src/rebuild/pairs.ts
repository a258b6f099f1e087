/** Reads the accounts of two generations in pairs. */
import type { ProfileStore } from '../ports/profiles.ts';
import { createEmptyStoredAccount, type StoredAccount } from '../profile/stored-account.ts';

/**
 * An account in two generations of the read model. A rebuild fills `fresh`, which will replace `old`. If a
 * generation does not contain the account, the account is at sequence 0 there.
 */
export interface AccountInBothGenerations {
  readonly old: StoredAccount;
  readonly fresh: StoredAccount;
}

/** How many accounts are read from each generation at a time. The number is limited to save memory. */
const PAGE = 500;

/**
 * Yields all accounts of two generations in pages, sorted by id. Includes every account that existed when the first
 * page was read.
 */
export async function* readAccountPairs(
  old: Pick<ProfileStore, 'page'>,
  fresh: Pick<ProfileStore, 'page'>,
): AsyncGenerator<readonly AccountInBothGenerations[]> {
  for (let after: string | undefined; ; ) {
    const pages = await Promise.all([old.page(after, PAGE), fresh.page(after, PAGE)]);
    // A generation may contain further accounts after a full page. Use both pages only up to the end of the
    // full page, so that every account is paired with its counterpart.
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
    old: old.get(id) ?? createEmptyStoredAccount(id),
    fresh: fresh.get(id) ?? createEmptyStoredAccount(id),
  }));
}

/** Reads the given accounts from both generations again. */
export async function rereadAccountPairs(
  ids: readonly string[],
  old: Pick<ProfileStore, 'load'>,
  fresh: Pick<ProfileStore, 'load'>,
): Promise<readonly AccountInBothGenerations[]> {
  const [left, right] = await Promise.all([old.load(ids), fresh.load(ids)]);
  return ids.map((id) => ({
    old: left.get(id) ?? createEmptyStoredAccount(id),
    fresh: right.get(id) ?? createEmptyStoredAccount(id),
  }));
}
