/** Creates the auth service from its settings and a backend. */
import { checkStoreHealth, createStoreWriteProbe, type ServiceBackend } from '@latchkey/backend';
import { createBrand } from '@latchkey/brand';
import { openServiceClients } from '@latchkey/clients';
import { createOriginCheck, getPublicPath, type Service } from '@latchkey/http';
import {
  createClockGuard,
  DAY_MS,
  type DependencyHealth,
  formatSettingsWithoutSecrets,
  groupProcessParts,
  type Logger,
  type Registry,
} from '@latchkey/process';
import { createLoopWakeup } from '@latchkey/process/loop';
import { createLeases, type KeyFingerprintStore } from '@latchkey/store';
import { createFixedKeySource, createGuards, createTokenVerifier } from '@latchkey/tokens';
import { v4, v7 } from 'uuid';
import type { IpRedaction } from './audit/client.ts';
import { createAuditMetrics } from './audit/metrics.ts';
import { createAuditPublisher } from './audit/publisher.ts';
import { createAuditRecorder } from './audit/recorder.ts';
import { type AuthConfig, authSettingsSchema, createRateLimitRules, DEFAULT_HASH_COST } from './config.ts';
import type { UseCaseDeps, UseCaseSettings } from './deps.ts';
import { createErasureHeartbeatJob } from './erasure/heartbeats.ts';
import { createErasureMetrics } from './erasure/metrics.ts';
import { createAuthErasureReceiptJob } from './erasure/own-receipts.ts';
import { createErasureReceiptReader, listConsumersThatMustConfirmErasure } from './erasure/receipts.ts';
import { createErasureJob } from './erasure/sweep.ts';
import { createSentMailsClient } from './export/remote-mails.ts';
import { AccessDeniedProblem } from './http/audited-route.ts';
import { AUTH_BASE_PATH } from './http/base-path.ts';
import { createLinkPages } from './http/pages/pages.ts';
import { createRefreshCookie, findCrossSiteCookieWarning } from './http/refresh-cookie.ts';
import { createAuthRoutes } from './http/routes/index.ts';
import type { SecurityTxtFields } from './http/security-txt.ts';
import { createSessionStatusLookup } from './http/session-status-lookup.ts';
import { createSignUpCookie } from './http/sign-up-cookie.ts';
import { createRepeatedJob } from './job.ts';
import { listConfiguredKeys } from './keys/configured-keys.ts';
import { withHashedRateLimitKeys } from './limits/hashed-keys.ts';
import { withRefundRetries } from './limits/within-limits.ts';
import { createAuthMetrics } from './metrics.ts';
import { createOneAtATimeRunner } from './one-at-a-time.ts';
import { createPasswordHasher } from './passwords/hashing/argon2.ts';
import { computeHashConcurrency } from './passwords/hashing/thread-pool.ts';
import { createPasswordRules } from './passwords/rules.ts';
import type { SentMails } from './ports/mails.ts';
import type { LinkSealer } from './ports/sealer.ts';
import type { AuthStores } from './ports/stores.ts';
import { createRelay, type Relay } from './relay/relay.ts';
import { createMailRequestWorker } from './requests/worker.ts';
import { processMailRequest } from './requests/written-requests.ts';
import { createSignUpCleanupJob } from './sign-up/cleanup.ts';
import { openAuthStores } from './storage/index.ts';
import { createAccountCommandExecutor } from './streams/accounts.ts';
import { createMailingCommandExecutor } from './streams/mailings.ts';
import { createAccessTokenIssuer } from './tokens/access-tokens.ts';
import { createBodyDigest } from './tokens/body-digest.ts';
import { createLinkTokenCodec } from './tokens/link-tokens.ts';
import { createRefreshTokenIssuer } from './tokens/refresh-tokens.ts';
import { createLinkSealer } from './tokens/sealer.ts';
import { createSignUpTokenIssuer } from './tokens/sign-up-tokens.ts';

/**
 * When a request must not count against a rate limit, auth takes its count back. If the store is unavailable
 * at that moment, auth tries again at this interval, in ms.
 */
const GIVE_BACK_EVERY_MS = 1000;

export interface AuthDeps {
  readonly backend: ServiceBackend;
  readonly logger: Logger;
  readonly registry: Registry;
  /**
   * The settings that the security event about the start of this process contains. Default: the settings of
   * auth.
   */
  readonly settings?: Readonly<Record<string, string>>;
  now?(): Date;
  /**
   * Deletes the data that other parts of this process store about the addresses of erased accounts. Must be
   * idempotent.
   */
  forget?(addresses: readonly string[]): Promise<void>;
  /**
   * The mails of a notifier that runs in the same process. Default: auth requests the mails from
   * NOTIFIER_URL.
   */
  readonly mails?: SentMails;
  /** Replacements for individual parts of auth, for tests. */
  readonly overrides?: AuthTestOverrides;
}

/** Replacements for parts of auth that tests provide. */
export interface AuthTestOverrides {
  /** Wraps the stores of the backend, for tests. */
  stores?(stores: AuthStores): AuthStores;
  readonly sealer?: LinkSealer;
  newId?(): string;
  /**
   * Replaces the relay. It is called with the id of each stream to which a commit was appended. With this
   * replacement, no events are published.
   */
  nudge?: Relay['nudge'];
}

export interface AuthService extends Service {
  /** Returns the public signing keys, for services in the same process. */
  jwks(): { readonly keys: readonly object[] };
  /** The dependencies of the use cases, for tests that call them directly. */
  readonly deps: UseCaseDeps;
}

/**
 * Creates the auth service. The topics must exist before `start` is called. `start` fails if the store was
 * used with different keys.
 */
export function compose(config: AuthConfig, options: AuthDeps): AuthService {
  const { backend, logger, registry, now = () => new Date(), overrides = {} } = options;
  const { newId = () => v7() } = overrides;
  const { settings = formatSettingsWithoutSecrets(authSettingsSchema, config) } = options;
  const instance = v4();
  const opened = openAuthStores(backend.store);
  const stores = overrides.stores?.(opened) ?? opened;
  const { outbox, requests } = stores;
  const { clock = createClockGuard() } = backend;
  const checkWrites = createStoreWriteProbe(backend.store);
  const leases = createLeases(stores.leases);

  const { signer } = config.EVENT_SIGNING_KEYS;
  const relay = createRelay({
    outbox,
    journal: stores.journal,
    signer,
    bus: backend.bus,
    leases,
    instance,
    leaseMs: config.RELAY_LEASE_SECONDS * 1000,
    now,
    logger,
    registry,
  });
  const { nudge = relay.nudge } = overrides;
  const passwords = createPasswordHasher({
    saltKeys: config.PASSWORD_SALT_KEY,
    costs: config.HASH_COSTS,
    concurrency: computeHashConcurrency(config.HASH_CONCURRENCY),
    maxWaitMs: config.HASH_WAIT_SECONDS * 1000,
  });
  const issuing = { issuer: config.PUBLIC_URL, audience: config.AUDIENCE, now };
  const accessTokens = createAccessTokenIssuer({
    ...issuing,
    keys: config.SIGNING_KEYS,
    eventKeys: config.EVENT_SIGNING_KEYS.published,
    minutes: config.ACCESS_TOKEN_MINUTES,
    type: config.ACCESS_TOKEN_TYPE,
    scopes: config.ROLE_SCOPES,
    extraClaims: config.ACCESS_TOKEN_CLAIMS,
    newId,
  });
  const limitRules = config.LIMITS ? createRateLimitRules(config) : undefined;
  const counts = stores.limits(limitRules);
  const limits = withRefundRetries(withHashedRateLimitKeys(counts, config.REFRESH_KEY));
  const requestWritten = createLoopWakeup();
  const erasureDue = createLoopWakeup();
  const auditWritten = createLoopWakeup();
  const recorder = createAuditRecorder({
    ...stores,
    ip: ipFormOf(config),
    metrics: createAuditMetrics({ registry, auditLog: stores.auditLog }),
    logger,
    now,
    newId,
    written: auditWritten.wake,
  });
  const streamDeps = { ...stores, nudge, now, newId };
  const deps: UseCaseDeps = {
    ...stores,
    accounts: createAccountCommandExecutor(streamDeps),
    mailings: createMailingCommandExecutor(streamDeps),
    limits,
    mails: options.mails ?? createSentMailsClient(config.NOTIFIER_URL),
    passwords,
    passwordRules: createPasswordRules({
      minLength: config.PASSWORD_MIN_LENGTH,
      serviceName: createBrand(config, config.PUBLIC_URL).name,
      ...(config.BREACHED_PASSWORDS_FILE && { isBreached: config.BREACHED_PASSWORDS_FILE }),
    }),
    linkTokens: createLinkTokenCodec(),
    accessTokens,
    refreshTokens: createRefreshTokenIssuer(config.REFRESH_KEY),
    signUpTokens: createSignUpTokenIssuer(config.REFRESH_KEY),
    bodyDigest: createBodyDigest(config.REFRESH_KEY),
    oneAtATime: createOneAtATimeRunner(),
    audit: recorder,
    sealer: overrides.sealer ?? createLinkSealer(config.SEALING_PUBLIC_KEY),
    settings: settingsOf(config),
    wakeWorker: requestWritten.wake,
    wakeEraser: erasureDue.wake,
    now,
    newId,
  };

  const expected = listConsumersThatMustConfirmErasure(config.ERASURE_CONSUMERS);
  const receipts = { erasureReceipts: stores.erasureReceipts, expected };
  createErasureMetrics({
    ...receipts,
    erasures: stores.erasures,
    registry,
    receiptDays: config.ERASURE_RECEIPT_DAYS,
    now,
  });
  const parts = groupProcessParts('auth', [
    createAuditPublisher({
      ...deps,
      bus: backend.bus,
      leases,
      instance,
      retentionDays: config.AUDIT_RETENTION_DAYS,
      clock,
      logger,
      wakeup: auditWritten,
    }),
    recorder,
    relay,
    createMailRequestWorker({
      ...deps,
      owner: instance,
      logger,
      leaseMs: config.REQUEST_LEASE_SECONDS * 1000,
      wakeup: requestWritten,
      carryOut: (request) => processMailRequest(deps, request),
    }),
    createSignUpCleanupJob({ ...deps, leases, owner: instance, logger, clock }),
    createErasureReceiptReader({ ...receipts, journal: stores.journal, bus: backend.bus, logger }),
    createAuthErasureReceiptJob({ ...deps, ...receipts, bus: backend.bus, logger }),
    createErasureJob({
      ...deps,
      ...receipts,
      outbox,
      bus: backend.bus,
      signer,
      flushAudit: recorder.flush,
      ...(options.forget && { forget: options.forget }),
      leases,
      owner: instance,
      logger,
      clock,
      wakeup: erasureDue,
    }),
    createErasureHeartbeatJob(
      { ...deps, ...receipts, bus: backend.bus, signer, leases, owner: instance, logger, clock },
      { maxLagMs: config.ERASURE_TOPIC_DAYS * DAY_MS },
    ),
    createRepeatedJob({
      name: 'limits',
      everyMs: GIVE_BACK_EVERY_MS,
      logger,
      run: async () => {
        await limits.settle();
        return false;
      },
    }),
  ]);
  const publicPath = getPublicPath(config);
  const verify = createTokenVerifier({ ...issuing, keys: createFixedKeySource(accessTokens.jwks()) });

  return {
    ...parts,
    start: async () => {
      await assertSameKeys(config, stores.keyFingerprints, now());
      const warning = findCrossSiteCookieWarning(config);
      if (warning !== undefined) logger.warn(warning);
      await stores.reclaim();
      await parts.start();
      const data = { actor: 'process', settings } as const;
      recorder.record({ occurrence: { type: 'ProcessStarted', data } });
    },
    health: async () => [...(await neededHealth(stores, checkWrites)), ...(await parts.health())],
    routes: createAuthRoutes({
      ...deps,
      count: createAuthMetrics({ registry, passwords, requests }),
      guards: createGuards({
        verify,
        sessionStatus: createSessionStatusLookup(deps),
        refuse: (spec, { account, ...details }) => new AccessDeniedProblem(spec, details, account),
      }),
      verifyToken: verify,
      clients: openServiceClients(backend.store).clients,
      publicUrl: config.PUBLIC_URL,
      publicPath,
      limitRules,
      securityTxt: securityTxtOf(config),
      pages: createLinkPages({
        publicPath,
        minLength: config.PASSWORD_MIN_LENGTH,
        brand: createBrand(config, config.PUBLIC_URL),
        frontendUrl: config.FRONTEND_URL,
      }),
      signUpCookie: createSignUpCookie(deps, { secure: config.LATCHKEY_ENV === 'production' }),
      cookie: createRefreshCookie({
        path: `${publicPath}${AUTH_BASE_PATH}`,
        sameSite: config.REFRESH_COOKIE_SAMESITE,
        secure: config.LATCHKEY_ENV === 'production' || config.REFRESH_COOKIE_SAMESITE === 'none',
        maxAgeDays: config.REFRESH_TOKEN_DAYS,
        formerUntil: config.FORMER_REFRESH_COOKIE_UNTIL,
        now: deps.now,
        isListed: createOriginCheck(config),
      }),
    }),
    jwks: accessTokens.jwks,
    deps,
  };
}

function ipFormOf({ AUDIT_IP, AUDIT_IP_KEY }: AuthConfig): IpRedaction {
  if (AUDIT_IP !== 'hmac') return { form: AUDIT_IP };
  if (AUDIT_IP_KEY === undefined) throw new Error('AUDIT_IP_KEY is required with AUDIT_IP=hmac');
  const [{ bytes }] = AUDIT_IP_KEY;
  return { form: 'hmac', key: bytes };
}

function settingsOf(config: AuthConfig): UseCaseSettings {
  return {
    verificationMinutes: config.VERIFICATION_TOKEN_EXPIRATION_MINUTES,
    resetMinutes: config.RESET_TOKEN_EXPIRATION_MINUTES,
    erasureGraceDays: config.ERASURE_GRACE_DAYS,
    refreshDays: config.REFRESH_TOKEN_DAYS,
    refreshReuseMinutes: config.REFRESH_REUSE_MINUTES,
    idleDays: config.SESSION_IDLE_DAYS,
    sessionsPerAccount: config.SESSIONS_PER_ACCOUNT,
    revealExisting: config.SIGNUP_REVEALS_EXISTING,
  };
}

/**
 * Checks that the store was used with the same keys. With different keys, no stored password and no session
 * would be valid.
 * @throws Error that names the settings that differ
 */
async function assertSameKeys(
  config: AuthConfig,
  keyFingerprints: KeyFingerprintStore,
  now: Date,
): Promise<void> {
  const given = listConfiguredKeys(config);
  const { PASSWORD_SALT_KEY: known, HASH_COSTS: costs = [{ key: DEFAULT_HASH_COST }] } =
    await keyFingerprints.list();
  // Release 0.1 did not record the hash cost. All of its password hashes have the default cost, so the
  // settings must contain this cost.
  const lacksCost = known !== undefined && costs.some(({ key }) => !given.HASH_COSTS.keys.includes(key));
  const others = lacksCost ? ['HASH_COSTS'] : await keyFingerprints.check(given, now);
  if (others.length === 0) return;
  throw new Error(
    `${others.join(', ')}: differs from the value that the stored accounts were created with; set the former value, or both values, newest first`,
  );
}

/** Returns the health of the stores without which auth cannot respond to requests. */
function neededHealth(
  { outbox, sessions }: AuthStores,
  checkWrites: () => Promise<void>,
): Promise<readonly DependencyHealth[]> {
  return Promise.all([
    checkStoreHealth('journal', () => Promise.all([outbox.backlog(), checkWrites()])),
    checkStoreHealth('sessions', () => Promise.all([sessions.find(''), checkWrites()])),
  ]);
}

function securityTxtOf(config: AuthConfig): SecurityTxtFields | undefined {
  const { SECURITY_CONTACT: contacts, SECURITY_POLICY: policy, PUBLIC_URL } = config;
  if (contacts.length === 0) return undefined;
  const canonical = `${PUBLIC_URL}/.well-known/security.txt`;
  return { contacts, canonical, ...(policy !== undefined && { policy }) };
}
