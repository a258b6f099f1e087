/**
 * Creates a data folder with many accounts. Their commits are decided by auth's rules and stored in auth's journal, as
 * in the service itself. Only two passwords are hashed, and the other accounts share one of these hashes. All events
 * are a month old, so that the notifier sends no mails for them.
 */
import { randomUUID } from 'node:crypto';
import { catalogue } from '@latchkey/events';
import { parseSecretKeys } from '@latchkey/process';
import { openDatabase } from '@latchkey/sqlite';
import { loadOrGenerateSecrets } from '../../apps/standalone/src/secrets.ts';
import {
  type AccountCommand,
  type AccountState,
  computeLookupKeys,
  decide,
  evolve,
  initialAccountState,
  requireExistingAccount,
} from '../../services/auth/src/account/index.ts';
import { createPasswordHasher } from '../../services/auth/src/passwords/hashing/argon2.ts';
import { parseHashCosts } from '../../services/auth/src/passwords/hashing/costs.ts';
import type { Commit, Journal } from '../../services/auth/src/ports/journal.ts';
import { openSqliteAuthStores } from '../../services/auth/src/storage/sqlite/index.ts';
import type { Person } from '../../test/support/people.ts';

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;
/** How many commits are written, and flushed to disk, together. */
const BATCH = 500;

export interface SeedOptions {
  readonly accounts: number;
  /** The number of commits in the stream of the account with the long history. */
  readonly commits: number;
  /**
   * An account with a short history (`ordinary`) and one with a long history (`long`). Only the passwords of these two
   * are hashed.
   */
  readonly ordinary: Person;
  readonly long: Person;
}

/** Returns the commits of an account. Each command is applied to the state after the previous command. */
function history(commands: readonly AccountCommand[]): readonly Commit[] {
  const at = new Date(Date.now() - MONTH_MS).toISOString();
  const commits: Commit[] = [];
  let state: AccountState = initialAccountState;
  for (const command of commands) {
    const { facts } = decide(state, command);
    const { claims } = computeLookupKeys(state, facts, new Date(0));
    const sequence = state.status === 'none' ? 1 : state.sequence + 1;
    state = facts.reduce(evolve, state);
    commits.push({
      stream: requireExistingAccount(state).userId,
      number: commits.length + 1,
      sequence,
      events: facts.map((fact) => ({
        ...fact,
        id: randomUUID(),
        time: at,
        version: catalogue[fact.type].version,
      })),
      ...(claims && { claims }),
      commandId: randomUUID(),
      correlationId: 'seed',
      at,
    });
  }
  return commits;
}

function verified(
  person: Pick<Person, 'email' | 'username'>,
  passwordHash: string,
): readonly AccountCommand[] {
  const then = new Date(Date.now() - MONTH_MS);
  const link = {
    hash: randomUUID(),
    sealed: { sealed: 'sealed', expiresAt: new Date(then.getTime() + 1000).toISOString() },
  };
  const userId = randomUUID();
  const { email, username } = person;
  return [
    {
      type: 'Register',
      userId,
      address: email,
      email,
      username,
      locale: 'en',
      passwordHash,
      link,
      owner: undefined,
    },
    {
      type: 'Verify',
      tokenHash: link.hash,
      now: then,
      proof: { kind: 'holder', holders: [{ userId, since: 1 }] },
      owner: undefined,
    },
  ];
}

function renamed(many: number): readonly AccountCommand[] {
  return Array.from({ length: many }, (_, i) => ({ type: 'ChangeProfile', firstName: `Ada ${i}` }));
}

async function append(journal: Journal, commits: readonly Commit[]): Promise<void> {
  for (let from = 0; from < commits.length; from += BATCH) {
    const batch = commits.slice(from, from + BATCH);
    const results = await Promise.all(batch.map((commit) => journal.append(commit)));
    if (results.some(({ outcome }) => outcome !== 'appended')) throw new Error('a commit was not appended');
  }
}

export async function seedDataFolder(
  folder: string,
  { accounts, commits, ordinary, long }: SeedOptions,
): Promise<void> {
  const database = openDatabase({ folder, as: 'server' });
  try {
    const { journal } = openSqliteAuthStores(database);
    const { PASSWORD_SALT_KEY } = await loadOrGenerateSecrets(folder);
    const passwords = createPasswordHasher({
      saltKeys: parseSecretKeys(PASSWORD_SALT_KEY),
      costs: parseHashCosts('19456:2'),
      concurrency: 1,
    });
    const hashOf = ({ password, email }: Person) => passwords.hash(password, email, { ip: '' });
    const hash = await hashOf(ordinary);
    const others = Array.from({ length: accounts - 2 }, (_, i) =>
      verified({ email: `seeded${i}@example.com`, username: `seeded${i}` }, hash),
    );
    const longHistory = [...verified(long, await hashOf(long)), ...renamed(commits - 2)];
    const all = [verified(ordinary, hash), longHistory, ...others];
    await append(journal, all.flatMap(history));
  } finally {
    await database.close();
  }
}
