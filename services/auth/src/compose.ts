/** Auth, put together. */
import { allowedOrigins, type Service } from '@latchkey/http';
import { type Dependency, group, type Logger, type Part, type Registry } from '@latchkey/process';
import { fixedKeys, guards, tokenVerifier } from '@latchkey/tokens';
import { v4, v7 } from 'uuid';
import { accountStreams } from './account-streams.ts';
import { type Backend, storesOf } from './backends.ts';
import { type AuthConfig, limitRules } from './config.ts';
import { createAccessTokens } from './credentials/access-tokens.ts';
import { fingerprints } from './credentials/keys.ts';
import { createLinkTokens } from './credentials/link-tokens.ts';
import { createPasswords } from './credentials/passwords.ts';
import { createRefreshTokens } from './credentials/refresh-tokens.ts';
import { createSealer } from './credentials/sealer.ts';
import { hashConcurrency } from './credentials/thread-pool.ts';
import { createPages } from './http/pages/pages.ts';
import { answerFailures } from './http/problems.ts';
import { createRefreshCookie } from './http/refresh-cookie.ts';
import { createRoutes } from './http/routes/index.ts';
import { createAuthMetrics } from './metrics.ts';
import type { KeyFingerprints } from './ports/key-fingerprints.ts';
import type { Stores } from './ports/stores.ts';
import { createRelay } from './relay/relay.ts';
import { createAccounts } from './use-cases/accounts.ts';
import type { Deps, Settings } from './use-cases/deps.ts';
import { createUseCases } from './use-cases/index.ts';
import { standing } from './use-cases/standing.ts';
import { createSweep } from './use-cases/sweep.ts';
import { createWorker } from './use-cases/worker.ts';
import { carryOut } from './use-cases/written-requests.ts';

export interface AuthDeps {
  readonly backend: Backend;
  readonly logger: Logger;
  readonly registry: Registry;
  now?(): Date;
}

export interface AuthService extends Service {
  /** The public signing keys, for services in the same process. */
  jwks(): { readonly keys: readonly object[] };
}

/** The topics must exist when the service starts. A journal made with other keys is refused by `start`. */
export function compose(config: AuthConfig, deps: AuthDeps): AuthService {
  const { backend, logger, registry, now = () => new Date() } = deps;
  const instance = v4();
  function newId() {
    return v7();
  }

  const stores = storesOf(backend);
  const { journal, outbox, registrations, sessions, requests, leases, trustedAddresses } = stores;
  const limits = stores.limits(config.LIMITS ? limitRules(config) : undefined);

  const accessTokens = createAccessTokens({
    keys: config.SIGNING_KEYS,
    issuer: config.PUBLIC_URL,
    audience: config.AUDIENCE,
    minutes: config.ACCESS_TOKEN_MINUTES,
    now,
    newId,
  });
  const relay = createRelay({ outbox, bus: backend.bus, leases, instance, now, logger, registry });
  const streams = accountStreams(stores);
  const { nudge } = relay;
  const accounts = createAccounts({ journal, streams, nudge, now, newId });

  const passwords = createPasswords({
    saltKey: config.PASSWORD_SALT_KEY,
    concurrency: hashConcurrency(config.HASH_CONCURRENCY),
    maxWaitMs: config.HASH_WAIT_SECONDS * 1000,
  });
  const needed: Deps = {
    accounts,
    journal,
    registrations,
    sessions,
    requests,
    limits,
    trustedAddresses,
    passwords,
    linkTokens: createLinkTokens(),
    accessTokens,
    refreshTokens: createRefreshTokens(config.REFRESH_KEY),
    sealer: createSealer(config.SEALING_PUBLIC_KEY),
    settings: settingsOf(config),
    wakeWorker: () => worker.wake(),
    now,
    newId,
  };
  const reclaiming: Part = {
    name: 'leases',
    start: stores.reclaim,
    stop: async () => undefined,
    health: async () => [],
  };
  const worker = createWorker({ ...needed, owner: instance, logger, carryOut: carryOut(needed) });
  const sweep = createSweep({ ...needed, leases, owner: instance, logger });
  const parts = group('auth', [keyCheck(config, stores.keyFingerprints), reclaiming, relay, worker, sweep]);

  const verify = tokenVerifier({
    keys: fixedKeys(accessTokens.jwks()),
    issuer: config.PUBLIC_URL,
    audience: config.AUDIENCE,
    now,
  });
  const routes = createRoutes({
    useCases: createUseCases(needed),
    count: createAuthMetrics({ registry, passwords, requests }),
    guards: guards({ verify, standing: (claims) => answerFailures(() => standing(needed)(claims)) }),
    pages: createPages(),
    cookie: createRefreshCookie({
      secure: config.LATCHKEY_ENV === 'production',
      maxAgeDays: config.REFRESH_TOKEN_DAYS,
      isListed: allowedOrigins(config),
    }),
    accessTokens,
  });

  return {
    ...parts,
    routes,
    jwks: accessTokens.jwks,
    health: async () => [...(await storeHealth(stores)), ...(await parts.health())],
  };
}

function settingsOf(config: AuthConfig): Settings {
  return {
    verificationMinutes: config.VERIFICATION_TOKEN_EXPIRATION_MINUTES,
    resetMinutes: config.RESET_TOKEN_EXPIRATION_MINUTES,
    refreshDays: config.REFRESH_TOKEN_DAYS,
    revealExisting: config.SIGNUP_REVEALS_EXISTING,
  };
}

/** With other keys than those that the journal was written under, no password and no session would be right. */
function keyCheck(config: AuthConfig, keyFingerprints: KeyFingerprints): Part {
  return {
    name: 'keys',
    start: async () => {
      const others = await keyFingerprints.check(fingerprints(config));
      if (others.length === 0) return;
      throw new Error(
        `${others.join(', ')}: not what the stored accounts were made with; give the former value`,
      );
    },
    stop: async () => undefined,
    health: async () => [],
  };
}

/** What every answer needs. */
function storeHealth({ outbox, sessions }: Stores): Promise<readonly Dependency[]> {
  return Promise.all([
    dependency('journal', () => outbox.backlog()),
    dependency('sessions', () => sessions.find('')),
  ]);
}

async function dependency(name: string, ask: () => Promise<unknown>): Promise<Dependency> {
  const state = await ask().then(
    () => 'ok' as const,
    () => 'down' as const,
  );
  return { name, state, needed: true };
}
