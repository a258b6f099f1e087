/**
 * Starts auth for a test, with its own HTTP listener and data folder. The test has the notifier's private
 * key, and can therefore decrypt links.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import {
  ACCOUNTS_TOPIC,
  allTopics,
  decode,
  decodeSecurityEvent,
  type EventType,
  type LatchkeyEvent,
  MAILINGS_TOPIC,
  SECURITY_TOPIC,
  type SealedContent,
  type SecurityEvent,
} from '@latchkey/events';
import { createHttpServerPart, createOriginCheck } from '@latchkey/http';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { createSqliteStore, type Database, openDatabase } from '@latchkey/sqlite';
import { compactDecrypt } from 'jose';
import { type AuthDeps, authSettingsSchema, compose } from '../index.ts';
import { generateSecrets } from '../keys/secrets.ts';
import { openAuthOps } from '../ops.ts';
import { TEST_HASH_COSTS } from './hash-costs.ts';
import { waitUntil } from './until.ts';

export interface TestResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field of a response without declaring its type
  readonly json: any;
}

export interface TestRequestOptions {
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** The client's IP address, as a trusted proxy would report it. */
  readonly ip?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A signal that aborts the test's request. */
  readonly signal?: AbortSignal;
}

export type TestAuth = Awaited<ReturnType<typeof startTestAuth>>;

/**
 * Starts auth for a test.
 * @param settings override the production defaults, and the low cost of hashes in tests
 */
export async function startTestAuth(
  context: Pick<TestContext, 'after'>,
  settings: Readonly<Record<string, string>> = {},
  { mails }: Pick<AuthDeps, 'mails'> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-auth-'));
  const database = openDatabase({ folder, as: 'server' });
  const logger = createLogger({ name: 'auth', level: 'silent' });
  const registry = createMetricsRegistry();
  const bus = createEmbeddedBus({ database, logger });
  await bus.ensureTopics(allTopics());

  const { SEALING_PRIVATE_KEYS, ...secrets } = generateSecrets();
  const production = readConfig(authSettingsSchema, {
    PUBLIC_URL: 'https://id.example.com',
    LIMIT_SIGNUPS_PER_IP: '1000',
    // Let passwords wait up to this number of seconds to be hashed, so that no request is refused even on a
    // busy machine.
    HASH_WAIT_SECONDS: '60',
    ...secrets,
    ...settings,
  });
  const config = {
    ...production,
    ...(settings['HASH_COSTS'] === undefined && { HASH_COSTS: TEST_HASH_COSTS }),
  };
  let ahead = 0;
  let away = false;
  /**
   * Simulates an outage: throws the driver's own error while auth's store is offline. The event log, which is
   * in the same database, continues to work.
   */
  function refuseWhileAway(): void {
    if (away) throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR' });
  }
  let beforeWrite: (() => Promise<unknown>) | undefined;
  /**
   * Set while a request handler runs, so that writes of handlers can be distinguished from those of
   * background work.
   */
  const handling = new AsyncLocalStorage<true>();
  const store: Database = {
    ...database,
    prepare: (sql) => {
      refuseWhileAway();
      return database.prepare(sql);
    },
    write: async (work) => {
      refuseWhileAway();
      if (handling.getStore()) {
        const first = beforeWrite;
        beforeWrite = undefined;
        await first?.();
      }
      return database.write(work);
    },
  };
  function now() {
    return new Date(Date.now() + ahead);
  }
  const service = compose(config, {
    backend: { store: createSqliteStore(store), bus },
    logger,
    registry,
    now,
    ...(mails && { mails }),
  });
  const door = createHttpServerPart({
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    routes: service.routes.map((route) => ({
      ...route,
      handle: (input) => handling.run(true, () => route.handle(input)),
    })),
    logger,
    registry,
    trustedProxies: ['127.0.0.1'],
    corsOrigins: createOriginCheck(config),
    undeclared: 'fail',
  });
  const events: LatchkeyEvent[] = [];
  await bus.subscribe({
    topics: [ACCOUNTS_TOPIC, MAILINGS_TOPIC],
    group: 'test',
    handle: async ({ records }) => {
      for (const record of records) {
        const decoded = decode(record);
        if (decoded.kind === 'event') events.push(decoded.event);
      }
    },
  });
  const securityEvents: SecurityEvent[] = [];
  await bus.subscribe({
    topics: [SECURITY_TOPIC],
    group: 'test-security',
    handle: async ({ records }) => {
      securityEvents.push(...records.flatMap((record) => decodeSecurityEvent(record) ?? []));
    },
  });
  await service.start();
  await door.start();
  context.after(async () => {
    await door.stop();
    await service.stop();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  async function send(method: string, path: string, ask: TestRequestOptions = {}): Promise<TestResponse> {
    const base = `http://127.0.0.1:${door.port()}`;
    const response = await fetch(path.startsWith('/.') ? base + path : `${base}/api/v1/auth${path}`, {
      method,
      headers: {
        ...(ask.token !== undefined && { authorization: `Bearer ${ask.token}` }),
        ...(ask.json !== undefined && { 'content-type': 'application/json' }),
        ...(ask.ip !== undefined && { 'x-forwarded-for': ask.ip }),
        ...ask.headers,
      },
      ...(ask.json !== undefined && { body: JSON.stringify(ask.json) }),
      ...(ask.form && { body: new URLSearchParams(ask.form) }),
      ...(ask.signal && { signal: ask.signal }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
  }

  function eventsOf(address: string): readonly LatchkeyEvent[] {
    return events.filter(
      ({ data }) =>
        'person' in data && data.person && 'email' in data.person && data.person.email === address,
    );
  }

  return {
    service,
    database,
    registry,
    get: (path: string, ask?: TestRequestOptions) => send('GET', path, ask),
    post: (path: string, ask?: TestRequestOptions) => send('POST', path, ask),
    put: (path: string, ask?: TestRequestOptions) => send('PUT', path, ask),
    patch: (path: string, ask?: TestRequestOptions) => send('PATCH', path, ask),
    delete: (path: string, ask?: TestRequestOptions) => send('DELETE', path, ask),
    /** Makes auth's store unavailable if `taken` is true; otherwise, makes it available again. */
    takeStore: (taken: boolean): void => {
      away = taken;
    },
    /** Runs `work` once, before the next write that a request handler makes to auth's store. */
    beforeNextWrite: (work: () => Promise<unknown>): void => {
      beforeWrite = work;
    },
    /** Makes an account an admin with the ops command, as an operator would. */
    makeAdmin: (email: string) => openAuthOps(createSqliteStore(database)).changeRole(email, 'admin'),
    /** Advances the simulated clock of auth. */
    advance: (ms: number): void => {
      ahead += ms;
    },
    /** Returns all account events that auth has published so far. */
    events: (): readonly LatchkeyEvent[] => events,
    eventsOf,
    /** Returns all security events that auth has published so far. */
    securityEvents: (): readonly SecurityEvent[] => securityEvents,
    /** Waits for the n-th published event of a type about an email address. */
    event: async <T extends EventType>(type: T, address: string, nth = 1) => {
      function found() {
        return eventsOf(address).filter((event) => event.type === type)[nth - 1];
      }
      await waitUntil(async () => found() !== undefined);
      return found() as Extract<LatchkeyEvent, { type: T }>;
    },
    /** Decrypts the link in an event, as the notifier would. */
    open: async (event: LatchkeyEvent): Promise<SealedContent> => {
      const { data } = event;
      const sealed =
        ('verification' in data && data.verification?.sealed) ||
        ('reset' in data && data.reset?.sealed) ||
        (event.type === 'EmailChangeRequested' && event.data.person?.confirmation?.sealed) ||
        (event.type === 'EmailChanged' && event.data.person?.undo.sealed) ||
        (event.type === 'AccountErasureRequested' && event.data.person?.undo?.sealed);
      if (!sealed) throw new Error(`${event.type} holds no link`);
      const [key] = JSON.parse(SEALING_PRIVATE_KEYS).keys;
      const { plaintext } = await compactDecrypt(sealed, createPrivateKey({ key, format: 'jwk' }));
      return JSON.parse(new TextDecoder().decode(plaintext));
    },
  };
}
