/**
 * A test environment for auth's use cases, without HTTP, on the embedded store. The test controls the clock
 * and the faults of the journal.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { type LinkPurpose, receiptsTopic, type SealedContent } from '@latchkey/events';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { createLeases, StoreUnavailable } from '@latchkey/store';
import { v7 } from 'uuid';
import { type AccountFact, isAccountFact, type UnverifiedAccount } from '../account/index.ts';
import { compose } from '../compose.ts';
import { authSettingsSchema } from '../config.ts';
import type { UseCaseContext } from '../deps.ts';
import { generateSecrets } from '../keys/secrets.ts';
import type { Commit, Journal } from '../ports/journal.ts';
import type { AuthStores } from '../ports/stores.ts';
import { type Refusal, Refused } from '../refused.ts';
import { signUp } from '../sign-up/sign-up.ts';
import { openSqliteAuthStores } from '../storage/sqlite/index.ts';
import { createAccountCommandExecutor } from '../streams/accounts.ts';
import { TEST_HASH_COSTS } from './hash-costs.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;

const settings = {
  PUBLIC_URL: 'https://id.example.com',
  HASH_CONCURRENCY: '1',
  HASH_WAIT_SECONDS: '60',
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: '3',
  LIMIT_LOGIN_FAILURES_PER_IP: '8',
  LIMIT_MAILS_PER_ADDRESS: '20',
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: '100',
  LIMIT_SIGNUPS_PER_IP: '1000',
};

/** A fault that a test injects into the next append to the journal. */
export type InjectedAppendFault =
  /** Runs `meanwhile` just before the append, for example to append a commit as another process would. */
  | { readonly meanwhile: () => Promise<unknown> }
  /** The append fails, and the commit was not appended. */
  | 'request lost'
  /** The append fails, although the commit was appended. */
  | 'answer lost';

function withFaults(journal: Journal, faults: InjectedAppendFault[]): Journal {
  return {
    ...journal,
    append: async (commit: Commit) => {
      const fault = faults.shift();
      if (fault === 'request lost') throw new StoreUnavailable(new Error('refused'));
      if (typeof fault === 'object') await fault.meanwhile();
      const result = await journal.append(commit);
      if (fault === 'answer lost') throw new StoreUnavailable(new Error('timed out'));
      return result;
    },
  };
}

export type TestWorld = Awaited<ReturnType<typeof openTestWorld>>;

/**
 * Opens a test world: auth's use cases on stores in a temporary folder, with a clock and faults that the test
 * controls.
 * @param given stores to use instead of the embedded ones; the caller must empty them
 */
export async function openTestWorld(given?: AuthStores) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-auth-'));
  const database = openDatabase({ folder, as: 'server' });
  const logger = createLogger({ name: 'auth', level: 'silent' });
  const { SEALING_PRIVATE_KEYS: _notifiers, ...secrets } = generateSecrets();
  const links: SealedContent[] = [];
  const nudged: string[] = [];
  const faults: InjectedAppendFault[] = [];
  let ms = Date.parse('2026-03-01T12:00:00.000Z');
  function now(): Date {
    return new Date(ms);
  }
  let ids = 0;
  /** Returns ids that sort in the order of their creation even though the test clock does not advance. */
  function newId(): string {
    ids += 1;
    return v7({ msecs: ms, seq: ids });
  }
  function nudge(stream: string): void {
    nudged.push(stream);
  }

  const bus = createEmbeddedBus({ database, logger });
  await bus.ensureTopics([receiptsTopic]);
  const config = {
    ...readConfig(authSettingsSchema, { ...settings, ...secrets }),
    HASH_COSTS: TEST_HASH_COSTS,
  };
  const { signer } = config.EVENT_SIGNING_KEYS;
  const { deps, jwks } = compose(config, {
    backend: { store: createSqliteStore(database), bus },
    logger,
    registry: createMetricsRegistry(),
    now,
    overrides: {
      stores: (embedded) => {
        const stores = given ?? embedded;
        return { ...stores, journal: withFaults(stores.journal, faults) };
      },
      // Does not encrypt links, but adds their contents to `links`, where tests can read them.
      sealer: { seal: async (content) => `sealed ${links.push(content)}` },
      newId,
      nudge,
    },
  });
  const stored = given ?? openSqliteAuthStores(database);

  /** Creates an executor of account commands with an empty cache, as another instance of auth would have. */
  function accountsOn(stores: Pick<AuthStores, 'journal' | 'snapshots'>) {
    return createAccountCommandExecutor({ ...stores, nudge, now, newId });
  }

  /** Returns the account events in a stream. */
  async function factsOf(stream: string): Promise<readonly AccountFact[]> {
    return (await stored.journal.read(stream)).flatMap(({ events }) => events.filter(isAccountFact));
  }

  return {
    deps,
    jwks,
    /**
     * The dependencies of the use cases that erase accounts. This test world has no relay, so erasures get an
     * outbox that is always empty, as if every event had been published.
     */
    erasing: {
      ...deps,
      erasureReceipts: stored.erasureReceipts,
      signer,
      expected: ['auth', 'user'],
      bus,
      outbox: { unpublished: async () => new Map() },
      flushAudit: async () => undefined,
    },
    bus,
    folder,
    database,
    leases: createLeases(stored.leases),
    faults,
    nudged,
    snapshots: stored.snapshots,
    accountsOn,
    freshAccounts: () => accountsOn({ journal: deps.journal, snapshots: stored.snapshots }),
    factsOf,
    close: async (): Promise<void> => {
      await bus.close();
      await database.close();
      await rm(folder, { recursive: true });
    },
    advance: (by: number): void => {
      ms += by;
    },
    typesOf: async (stream: string) => (await factsOf(stream)).map(({ type }) => type),
    /** Returns the token of the newest link that was created for an account. */
    tokenOf: (userId: string, purpose: LinkPurpose): string => {
      const link = links.findLast((made) => made.userId === userId && made.purpose === purpose);
      if (link === undefined) throw new Error('no such link was minted');
      return link.token;
    },
    /**
     * Advances the clock by one second and signs up a person.
     * @returns the new account, whose address is unverified
     */
    signUp: async (address: string, password: string): Promise<UnverifiedAccount> => {
      ms += 1000;
      const email = { stored: address, canonical: address };
      await signUp(deps, { email, password, username: 'somebody', locale: 'en' }, createTestContext());
      const [newest] = await deps.registrations.living(address);
      if (newest === undefined) throw new Error('nobody was signed up');
      const state = await deps.accounts.load(newest.stream);
      if (state.status !== 'unverified') throw new Error('the sign-up is over already');
      return state;
    },
  };
}

export function createTestContext(given: Partial<UseCaseContext> = {}): UseCaseContext {
  return {
    correlationId: 'request-1',
    ip: '192.0.2.1',
    userAgent: 'a browser',
    ...given,
  };
}

/** Creates a predicate for `assert.rejects`: the error must be a refusal of this kind. */
export function createRefusalPredicate(kind: Refusal['kind']) {
  return (error: unknown) => error instanceof Refused && error.refusal.kind === kind;
}

/**
 * Creates a test function that runs `play` in a new test world.
 * @param given returns empty stores to use instead of the embedded ones
 */
export function withTestWorld(play: (world: TestWorld) => Promise<void>, given?: () => Promise<AuthStores>) {
  return async (): Promise<void> => {
    const world = await openTestWorld(await given?.());
    try {
      await play(world);
    } finally {
      await world.close();
    }
  };
}
