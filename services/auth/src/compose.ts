/** Composes auth from its settings and a backend. */
import { type Backend, createWriteProbe, storeHealth } from '@latchkey/backend';
import { allowedOrigins, Problem, publicPathOf, type Service } from '@latchkey/http';
import { createClockGuard, type Dependency, group, type Logger, type Registry } from '@latchkey/process';
import { createWakeup } from '@latchkey/process/loop';
import { createLeases } from '@latchkey/store';
import { fixedKeys, guards, tokenVerifier } from '@latchkey/tokens';
import { v4, v7 } from 'uuid';
import { type AuthConfig, limitRules } from './config.ts';
import type { Deps, Settings } from './deps.ts';
import { BASE } from './http/base-path.ts';
import { createPages } from './http/pages/pages.ts';
import { createRefreshCookie } from './http/refresh-cookie.ts';
import { createRoutes } from './http/routes/index.ts';
import { sessionGuard } from './http/session-guard.ts';
import { createSignUpCookie } from './http/sign-up-cookie.ts';
import { createJob } from './job.ts';
import { fingerprints } from './keys/keys.ts';
import { patientLimits } from './limits/within-limits.ts';
import { createAuthMetrics } from './metrics.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { createPasswords } from './passwords/hashing/argon2.ts';
import { hashConcurrency } from './passwords/hashing/thread-pool.ts';
import type { KeyFingerprints } from './ports/key-fingerprints.ts';
import type { Sealer } from './ports/sealer.ts';
import type { Stores } from './ports/stores.ts';
import { createRelay } from './relay/relay.ts';
import { createWorker } from './requests/worker.ts';
import { carryOut } from './requests/written-requests.ts';
import { createCleanup } from './sign-up/cleanup.ts';
import { openStorage } from './storage/index.ts';
import { createAccounts } from './streams/accounts.ts';
import { createMailings } from './streams/mailings.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import { createBodyDigest } from './tokens/body-digest.ts';
import { createLinkTokens } from './tokens/link-tokens.ts';
import { createRefreshTokens } from './tokens/refresh-tokens.ts';
import { createSealer } from './tokens/sealer.ts';
import { createSignUpTokens } from './tokens/sign-up-tokens.ts';

/** How soon what a failed request took from a limit is given back once the store can be reached again. */
const GIVE_BACK_EVERY_MS = 1000;

export interface AuthDeps {
  readonly backend: Backend;
  readonly logger: Logger;
  readonly registry: Registry;
  now?(): Date;
  /** Replacements for single parts, for tests. */
  readonly overrides?: Overrides;
}

export interface Overrides {
  /** Wraps the stores of the backend. */
  stores?(stores: Stores): Stores;
  readonly sealer?: Sealer;
  newId?(): string;
  /** Receives every stream that was appended to, instead of the relay. */
  nudge?(stream: string): void;
}

export interface AuthService extends Service {
  /** The public signing keys, for services in the same process. */
  jwks(): { readonly keys: readonly object[] };
  /** What the use cases depend on, for tests that call them directly. */
  readonly deps: Deps;
}

/** The topics must exist when the service starts. `start` refuses a store that was filled with other keys. */
export function compose(config: AuthConfig, options: AuthDeps): AuthService {
  const { backend, logger, registry, now = () => new Date(), overrides = {} } = options;
  const { newId = () => v7() } = overrides;
  const instance = v4();
  const opened = openStorage(backend.store);
  const stores = overrides.stores?.(opened) ?? opened;
  const { outbox, requests } = stores;
  const { clock = createClockGuard() } = backend;
  const checkWrites = createWriteProbe(backend.store);
  const leases = createLeases(stores.leases);

  const relay = createRelay({
    outbox,
    bus: backend.bus,
    leases,
    instance,
    leaseMs: config.RELAY_LEASE_SECONDS * 1000,
    now,
    logger,
    registry,
  });
  const { nudge = relay.nudge } = overrides;
  const passwords = createPasswords({
    saltKey: config.PASSWORD_SALT_KEY,
    concurrency: hashConcurrency(config.HASH_CONCURRENCY),
    maxWaitMs: config.HASH_WAIT_SECONDS * 1000,
  });
  const issuing = { issuer: config.PUBLIC_URL, audience: config.AUDIENCE, now };
  const accessTokens = createAccessTokens({
    ...issuing,
    keys: config.SIGNING_KEYS,
    minutes: config.ACCESS_TOKEN_MINUTES,
    newId,
  });
  const limits = patientLimits(stores.limits(config.LIMITS ? limitRules(config) : undefined));
  const requestWritten = createWakeup();
  const streamDeps = { ...stores, nudge, now, newId };
  const deps: Deps = {
    ...stores,
    accounts: createAccounts(streamDeps),
    mailings: createMailings(streamDeps),
    limits,
    passwords,
    linkTokens: createLinkTokens(),
    accessTokens,
    refreshTokens: createRefreshTokens(config.REFRESH_KEY),
    signUpTokens: createSignUpTokens(config.REFRESH_KEY),
    bodyDigest: createBodyDigest(config.REFRESH_KEY),
    oneAtATime: oneAtATime(),
    sealer: overrides.sealer ?? createSealer(config.SEALING_PUBLIC_KEY),
    settings: settingsOf(config),
    wakeWorker: requestWritten.wake,
    now,
    newId,
  };

  const parts = group('auth', [
    relay,
    createWorker({
      ...deps,
      owner: instance,
      logger,
      leaseMs: config.REQUEST_LEASE_SECONDS * 1000,
      wakeup: requestWritten,
      carryOut: (request) => carryOut(deps, request),
    }),
    createCleanup({ ...deps, leases, owner: instance, logger, clock }),
    createJob({
      name: 'limits',
      everyMs: GIVE_BACK_EVERY_MS,
      logger,
      run: async () => {
        await limits.settle();
        return false;
      },
    }),
  ]);
  const publicPath = publicPathOf(config);
  const verify = tokenVerifier({ ...issuing, keys: fixedKeys(accessTokens.jwks()) });

  return {
    ...parts,
    start: async () => {
      await assertSameKeys(config, stores.keyFingerprints);
      await stores.reclaim();
      await parts.start();
    },
    health: async () => [...(await neededHealth(stores, checkWrites)), ...(await parts.health())],
    routes: createRoutes({
      ...deps,
      count: createAuthMetrics({ registry, passwords, requests }),
      guards: guards({
        verify,
        standing: sessionGuard(deps),
        refuse: (spec, details) => new Problem(spec, details),
      }),
      publicPath,
      pages: createPages(publicPath),
      signUpCookie: createSignUpCookie(deps, { secure: config.LATCHKEY_ENV === 'production' }),
      cookie: createRefreshCookie({
        path: `${publicPath}${BASE}`,
        secure: config.LATCHKEY_ENV === 'production',
        maxAgeDays: config.REFRESH_TOKEN_DAYS,
        isListed: allowedOrigins(config),
      }),
    }),
    jwks: accessTokens.jwks,
    deps,
  };
}

function settingsOf(config: AuthConfig): Settings {
  return {
    verificationMinutes: config.VERIFICATION_TOKEN_EXPIRATION_MINUTES,
    resetMinutes: config.RESET_TOKEN_EXPIRATION_MINUTES,
    refreshDays: config.REFRESH_TOKEN_DAYS,
    refreshReuseMinutes: config.REFRESH_REUSE_MINUTES,
    idleDays: config.SESSION_IDLE_DAYS,
    sessionsPerAccount: config.SESSIONS_PER_ACCOUNT,
    revealExisting: config.SIGNUP_REVEALS_EXISTING,
  };
}

/** With other keys, no stored password and no session would be valid. @throws Error that names the settings */
async function assertSameKeys(config: AuthConfig, keyFingerprints: KeyFingerprints): Promise<void> {
  const others = await keyFingerprints.check(fingerprints(config));
  if (others.length === 0) return;
  throw new Error(`${others.join(', ')}: not what the stored accounts were made with; give the former value`);
}

/** The stores that every answer needs. */
function neededHealth(
  { outbox, sessions }: Stores,
  checkWrites: () => Promise<void>,
): Promise<readonly Dependency[]> {
  return Promise.all([
    storeHealth('journal', () => Promise.all([outbox.backlog(), checkWrites()])),
    storeHealth('sessions', () => Promise.all([sessions.find(''), checkWrites()])),
  ]);
}
