/** Counts the stored password hashes that still need each key, for `ops keys`. */
import {
  type AccountState,
  applyAccountFact,
  initialAccountState,
  isAccountFact,
  isLinkUnexpired,
  isLivingAccount,
  type LivingAccount,
} from '../account/index.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import type { StoredCommit, StoredCommitReader } from '../ports/stored-commits.ts';

/** How many accounts have password hashes with a given key and cost. */
export interface PasswordHashCount {
  /** The id of the key; undefined for hashes by earlier releases, whose key had no id. */
  readonly kid: string | undefined;
  /** The cost in the format of HASH_COSTS, for example `19456:2`. */
  readonly cost: string;
  /**
   * The number of accounts that have such a hash, or would get one by confirming a pending change of address.
   */
  readonly accounts: number;
}

/**
 * Counts the stored password hashes of all accounts that have not ended, including disabled ones. Reads the
 * whole journal.
 * @throws UnreadableCommit if an account cannot be read, because it might need any of the keys
 */
export async function countPasswordHashes(
  stored: Pick<StoredCommitReader, 'pages'>,
  now: Date,
): Promise<readonly PasswordHashCount[]> {
  const counts = new Map<string, PasswordHashCount>();
  for await (const account of accountsIn(stored)) {
    const schemes = new Map(
      hashesOf(account, now)
        .map(schemeOf)
        .map((scheme) => [idOf(scheme), scheme]),
    );
    for (const [id, scheme] of schemes)
      counts.set(id, { ...scheme, accounts: (counts.get(id)?.accounts ?? 0) + 1 });
  }
  return [...counts.values()];
}

function hashesOf(account: LivingAccount, now: Date): readonly string[] {
  const change = account.status === 'verified' ? account.emailChange : undefined;
  const isOpen = change !== undefined && isLinkUnexpired(change.link, now);
  return isOpen ? [account.passwordHash, change.passwordHash] : [account.passwordHash];
}

/**
 * Yields the accounts in the journal one by one. The commits of an account may continue on the next page, so
 * an account is yielded only when the first commit of the next account has been read.
 */
async function* accountsIn({ pages }: Pick<StoredCommitReader, 'pages'>): AsyncGenerator<LivingAccount> {
  let stream = '';
  let state: AccountState = initialAccountState;
  for await (const page of pages()) {
    for (const commit of page) {
      if (commit.stream !== stream) {
        if (isLivingAccount(state)) yield state;
        stream = commit.stream;
        state = initialAccountState;
      }
      state = factsOf(commit).reduce(applyAccountFact, state);
    }
  }
  if (isLivingAccount(state)) yield state;
}

function factsOf({ events }: StoredCommit) {
  if (events instanceof UnreadableCommit) throw events;
  return events.filter(isAccountFact);
}

const SCHEME = /^argon2id\$m=(\d+),t=(\d+),p=1(?:,k=([\w-]+))?\$/;

type Scheme = Pick<PasswordHashCount, 'kid' | 'cost'>;

function schemeOf(hash: string): Scheme {
  const [, memory, passes, kid] = SCHEME.exec(hash) ?? [];
  return { kid, cost: `${memory}:${passes}` };
}

function idOf({ kid = '', cost }: Scheme): string {
  return `${cost} ${kid}`;
}
