/**
 * Creates a data folder with many accounts. The commits of the accounts are created with auth's own rules and
 * stored in auth's journal. Only two passwords are hashed, and the other accounts share one of these hashes.
 * All events are a month old, so that the notifier sends no mails for them.
 */
import { randomUUID } from 'node:crypto';
import { catalogue } from '@latchkey/events';
import { parseSecretKeys } from '@latchkey/process';
import { openDatabase } from '@latchkey/sqlite';
import { loadOrGenerateSecrets } from '../../apps/standalone/src/secrets.ts';
import {
  type AccountCommand,
  type AccountState,
  applyAccountFact,
  computeLookupKeys,
  decide,
  initialAccountState,
  requireExistingAccount,
} from '../../services/auth/src/account/index.ts';
import { createPasswordHasher } from '../../services/auth/src/passwords/hashing/argon2.ts';
import { parseHashCosts } from '../../services/auth/src/passwords/hashing/costs.ts';
import type { AppendResult, Commit, Journal } from '../../services/auth/src/ports/journal.ts';
import { openSqliteAuthStores } from '../../services/auth/src/storage/sqlite/index.ts';
import { addChainEntriesToCommit } from '../../services/auth/src/streams/chain-stream.ts';
import type { Person } from '../../test/support/people.ts';

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;
/** How many commits are written, and flushed to disk, together. */
const BATCH = 2000;

export interface SeedOptions {
  readonly accounts: number;
  /** The number of commits in the stream of the account with the long history. */
  readonly commits: number;
  /**
   * The owner of an account with a short history (`ordinary`), and the owner of an account with a long history
   * (`long`). Only the passwords of these two people are hashed.
   */
  readonly ordinary: Person;
  readonly long: Person;
}

/** Executes commands one after the other on the state of a new account, and yields a commit for each. */
function* history(commands: Iterable<AccountCommand>): Generator<Commit> {
  const at = new Date(Date.now() - MONTH_MS).toISOString();
  let state: AccountState = initialAccountState;
  let head: string | undefined;
  let number = 0;
  for (const command of commands) {
    const { facts } = decide(state, command);
    const { claims } = computeLookupKeys(state, facts, new Date(0));
    const sequence = state.status === 'none' ? 1 : state.sequence + 1;
    state = facts.reduce(applyAccountFact, state);
    number += 1;
    const unchained: Commit = {
      stream: requireExistingAccount(state).userId,
      number,
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
    };
    const commit = addChainEntriesToCommit(unchained, head);
    head = commit.events.at(-1)?.chain?.hash;
    yield commit;
  }
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

async function append(journal: Journal, commits: Iterable<Commit>): Promise<void> {
  let batch: Promise<AppendResult>[] = [];
  async function appended(): Promise<void> {
    const results = await Promise.all(batch);
    if (results.some(({ outcome }) => outcome !== 'appended')) throw new Error('a commit was not appended');
    batch = [];
  }
  for (const commit of commits) {
    batch.push(journal.append(commit));
    if (batch.length === BATCH) await appended();
  }
  await appended();
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
    const longHash = await hashOf(long);
    function* all(): Generator<Commit> {
      yield* history(verified(ordinary, hash));
      yield* history([...verified(long, longHash), ...renamed(commits - 2)]);
      for (let i = 0; i < accounts - 2; i += 1)
        yield* history(verified({ email: `seeded${i}@example.com`, username: `seeded${i}` }, hash));
    }
    await append(journal, all());
  } finally {
    await database.close();
  }
}
