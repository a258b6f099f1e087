/** Auth without its edges: the use cases on the embedded store, with clock and faults in the test's hands. */
import type { LinkPurpose, SealedContent } from '@latchkey/events';
import { StoreUnavailable } from '@latchkey/store';
import { v7 } from 'uuid';
import type { AccountFact, AccountState } from '../../account/index.ts';
import { accountStreams } from '../../account-streams.ts';
import { createAccessTokens } from '../../credentials/access-tokens.ts';
import { parseSecretKey, parseSigningKeys } from '../../credentials/keys.ts';
import { createLinkTokens } from '../../credentials/link-tokens.ts';
import { createPasswords } from '../../credentials/passwords.ts';
import { createRefreshTokens } from '../../credentials/refresh-tokens.ts';
import { generateSecrets } from '../../credentials/secrets.ts';
import type { Commit, Journal } from '../../ports/journal.ts';
import type { LimitRules } from '../../ports/limits.ts';
import type { Stores } from '../../ports/stores.ts';
import { type Refusal, Refused } from '../../refused.ts';
import { temporaryStores } from '../../storage/sqlite/stores.fixture.ts';
import { createAccounts } from '../accounts.ts';
import type { Context, Deps } from '../deps.ts';
import { createUseCases } from '../index.ts';

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

const rules: LimitRules = {
  'login-address': { points: 3, seconds: 900 },
  'login-ip': { points: 8, seconds: 900 },
  'mail-ip': { points: 30, seconds: 3600 },
  'verification-address': { points: 20, seconds: 3600 },
  'reset-address': { points: 20, seconds: 3600 },
  'signup-ip': { points: 1000, seconds: 3600 },
  'mailing-admin': { points: 1000, seconds: 86_400 },
};

/** What befalls the next append. */
export type Fault =
  /** Another was faster: this runs before the append does. */
  | { readonly meanwhile: () => Promise<unknown> }
  /** The journal cannot be reached: nothing was appended. */
  | 'request lost'
  /** The commit was appended, but nobody hears of it. */
  | 'answer lost';

function withFaults(journal: Journal, faults: Fault[]): Journal {
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

export type World = Awaited<ReturnType<typeof openWorld>>;

export async function openWorld() {
  const { database, stores, close } = await temporaryStores();
  const secrets = generateSecrets();
  const links: SealedContent[] = [];
  const nudged: string[] = [];
  const faults: Fault[] = [];
  let ms = Date.parse('2026-03-01T12:00:00.000Z');
  function now(): Date {
    return new Date(ms);
  }
  function newId() {
    return v7({ msecs: ms });
  }

  const stored = stores.journal;
  const journal = withFaults(stored, faults);
  function nudge(stream: string): void {
    void nudged.push(stream);
  }
  function accountsOn(on: Pick<Stores, 'journal' | 'snapshots'>) {
    return createAccounts({ journal: on.journal, streams: accountStreams(on), nudge, now, newId });
  }
  /** Of an instance that has nothing in memory yet. */
  function freshAccounts() {
    return accountsOn({ journal, snapshots: stores.snapshots });
  }

  const deps: Deps = {
    accounts: freshAccounts(),
    journal,
    registrations: stores.registrations,
    sessions: stores.sessions,
    requests: stores.requests,
    limits: stores.limits(rules),
    trustedAddresses: stores.trustedAddresses,
    passwords: createPasswords({ saltKey: parseSecretKey(secrets.PASSWORD_SALT_KEY), concurrency: 1 }),
    linkTokens: createLinkTokens(),
    accessTokens: createAccessTokens({
      keys: parseSigningKeys(secrets.SIGNING_KEYS),
      issuer: 'https://id.example.com',
      audience: 'latchkey',
      minutes: 15,
      now,
      newId,
    }),
    refreshTokens: createRefreshTokens(parseSecretKey(secrets.REFRESH_KEY)),
    // What the notifier would open.
    sealer: { seal: async (content) => `sealed ${links.push(content)}` },
    settings: { verificationMinutes: 1440, resetMinutes: 60, refreshDays: 30, revealExisting: false },
    wakeWorker: () => undefined,
    now,
    newId,
  };

  /** The facts of a stream, as the journal has them. */
  async function factsOf(stream: string): Promise<readonly AccountFact[]> {
    return (await stored.read(stream)).flatMap(({ events }) =>
      events.filter((e) => e.type !== 'MailRequested'),
    );
  }

  return {
    deps,
    database,
    leases: stores.leases,
    useCases: createUseCases(deps),
    faults,
    nudged,
    accountsOn,
    freshAccounts,
    factsOf,
    close,
    advance: (by: number): void => {
      ms += by;
    },
    typesOf: async (stream: string) => (await factsOf(stream)).map(({ type }) => type),
    /** The token of the newest link that was minted for an account. */
    tokenOf: (userId: string, purpose: LinkPurpose): string => {
      const link = links.findLast((made) => made.userId === userId && made.purpose === purpose);
      if (link === undefined) throw new Error('no such link was minted');
      return link.token;
    },
    /** Signs up, a moment later than whoever came before. @returns the account that came of it. */
    signUp: async (address: string, password: string): Promise<AccountState> => {
      ms += 1000;
      await createUseCases(deps).signUp(
        { email: { stored: address, canonical: address }, password, username: 'somebody', locale: 'en' },
        context(),
      );
      const [newest] = await stores.registrations.living(address);
      if (newest === undefined) throw new Error('nobody was signed up');
      return deps.accounts.load(newest.stream);
    },
  };
}

export function context(given: Partial<Context> = {}): Context {
  return {
    correlationId: 'request-1',
    ip: '192.0.2.1',
    userAgent: 'a browser',
    ...given,
  };
}

/** For `assert.rejects`. */
export function refused(kind: Refusal['kind']) {
  return (error: unknown) => error instanceof Refused && error.refusal.kind === kind;
}

/** Runs `play` in a world of its own. */
export function inWorld(play: (world: World) => Promise<void>) {
  return async (): Promise<void> => {
    const world = await openWorld();
    try {
      await play(world);
    } finally {
      await world.close();
    }
  };
}
