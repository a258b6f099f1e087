/** Reads the accounts of two generations in pairs. */
import type { ProfileStore } from '../ports/profiles.ts';
import { createEmptyStoredAccount, type StoredAccount } from '../profile/stored-account.ts';

/**
 * An account as stored in two generations of the read model: `old`, which a rebuild replaces, and `fresh`, which it
 * fills. If a generation does not contain the account, the account is at sequence 0 there.
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
    // If a page is full, its generation may contain further accounts after the last id of the page. The other
    // generation's page is therefore used only up to that id.
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
