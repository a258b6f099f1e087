/** Tests the whole notifier with a real log, store and mail server. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Bus } from '@latchkey/bus';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { testEventKeySource } from '@latchkey/consumer/testing/signed';
import { decodeReceipt, encode, type LatchkeyEvent, RECEIPTS_TOPIC, type Receipt } from '@latchkey/events';
import type { Service } from '@latchkey/http';
import { createLogger, createMetricsRegistry, type Logger, type Registry } from '@latchkey/process';
import { captureLog } from '@latchkey/process/testing';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { createSqliteStore, type Database, openDatabase } from '@latchkey/sqlite';
import { calculateJwkThumbprint } from 'jose';
import { createDeliveryReportMail, sendReport } from '../../../test/mail/report-sender.ts';
import { systemClock } from './adapters/clock.system.ts';
import { generateDkimKey } from './dkim-key.ts';
import { compose, notifierTopics } from './index.ts';
import { openNotifierOps } from './ops.ts';
import type { Clock } from './ports/clock.ts';
import { computeAddressFingerprint } from './recipient.ts';
import { openSqliteNotifierStorage } from './storage/sqlite/index.ts';
import { createLinkToken, createSealingKey, createTestEvent, type SealingKey } from './testing/events.ts';
import {
  createSmtpReply,
  type ReceivedMail,
  startTestMailServer,
  type TestMailServer,
  type TestMailServerOptions,
} from './testing/mail-server.ts';
import { createSettingsForMailServer } from './testing/settings.ts';

const HOUR = 3_600_000;
/** How long a stopping notifier waits for mails in progress, in ms. */
const STOPS_WITHIN_MS = 5_000;
function later(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

interface Running {
  readonly database: Database;
  readonly bus: Bus;
  readonly service: Service;
  readonly registry: Registry;
}

let folder: string;
let key: SealingKey;
let mailServer: TestMailServer | undefined;
let running: Running | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-notifier-'));
  key = await createSealingKey();
});

afterEach(async () => {
  await stop();
  await mailServer?.close();
  mailServer = undefined;
  await rm(folder, { recursive: true });
});

interface Adapted {
  readonly clock?: Clock;
  /** Replaces the bus that the notifier uses, for example by a wrapper that fails. */
  busFor?(bus: Bus): Bus;
  readonly logger?: Logger;
}

const silent = createLogger({ name: 'notifier', level: 'silent' });

async function start(
  port: number,
  settings: Record<string, string> = {},
  { busFor = (bus) => bus, logger = silent, ...deps }: Adapted = {},
): Promise<Running> {
  const config = createSettingsForMailServer(port, key, settings);
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database, logger });
  await bus.ensureTopics(notifierTopics);
  const registry = createMetricsRegistry();
  const backend = { store: createSqliteStore(database), bus: busFor(bus) };
  const service = compose(config, { backend, logger, registry, eventKeys: testEventKeySource, ...deps });
  running = { database, bus, service, registry };
  await service.start();
  return running;
}

async function stop(): Promise<void> {
  await running?.service.stop();
  await running?.bus.close();
  await running?.database.close();
  running = undefined;
}

async function serve(script?: TestMailServerOptions): Promise<TestMailServer> {
  mailServer = await startTestMailServer(script);
  return mailServer;
}

async function publish(...events: readonly LatchkeyEvent[]): Promise<void> {
  for (const event of events) {
    const { topic, ...record } = encode(event);
    await running?.bus.publish(topic, [record]);
  }
}

interface SignUpOptions {
  readonly token?: string;
  readonly to?: string;
  /** The key with which the link is sealed. Default: the notifier's key. */
  readonly sealedTo?: SealingKey;
}

async function aSignUp(email: string, options: SignUpOptions = {}) {
  const subject = randomUUID();
  const expiresAt = later(24 * HOUR);
  const link = { purpose: 'verification', to: options.to ?? email, userId: subject, expiresAt } as const;
  const verification = await (options.sealedTo ?? key).seal({
    ...link,
    token: options.token ?? createLinkToken(),
  });
  const person = { email, username: 'lovelace' };
  return createTestEvent('UserRegistered', { role: 'user', locale: 'en', person, verification }, { subject });
}

/**
 * Returns an event for each kind of notice. Each event is about another account, whose address names the
 * notice.
 */
function createNotices(name: string): readonly LatchkeyEvent[] {
  function about(notice: string) {
    return { locale: 'en', person: { email: `${name}-${notice}@example.com`, username: 'ada' } } as const;
  }
  return [
    createTestEvent('OwnerAlerted', { reason: 'new-sign-in', ...about('new-sign-in') }),
    createTestEvent('OwnerAlerted', { reason: 'locked-out', ...about('locked-out') }),
    createTestEvent('AccountDisabled', { changedBy: 'ops', ...about('account-disabled') }),
    createTestEvent('SessionsRevoked', { reason: 'refresh-reuse', ...about('sessions-ended') }),
  ];
}

/**
 * Polls a condition until it holds, because no event signals that it holds.
 * @throws Error after two minutes
 */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not come to pass in two minutes');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function census() {
  return running ? openSqliteNotifierStorage({ database: running.database }).deliveries.census() : undefined;
}

function untilState(state: 'failed' | 'sent' | 'cancelled' | 'pending' | 'suppressed', count: number) {
  return until(async () => (await census())?.[state] === count);
}

function recipients(mails: readonly ReceivedMail[] | undefined): readonly string[] {
  return (mails ?? []).flatMap(({ to }) => to).toSorted();
}

describe('the notifier', () => {
  it('mails the link of a sign-up, in both forms, with its expiry in words', async () => {
    const server = await serve();
    await start(server.port);
    const token = createLinkToken();
    await publish(await aSignUp('ada@example.com', { token }));
    const [mail] = await server.waitFor(1);
    const link = `http://localhost:8080/api/v1/auth/verify/${token}`;
    assert.deepEqual(mail?.to, ['ada@example.com']);
    assert.equal(mail?.parsed.subject, 'Verify your email');
    assert.ok(mail?.parsed.text?.includes(link));
    assert.ok(mail?.parsed.html?.includes(`href="${link}"`));
    assert.match(mail?.parsed.text ?? '', /works for 24 hours/);
    assert.match(mail?.parsed.html ?? '', /works for 24 hours/);
    assert.match(mail?.parsed.text ?? '', /Hello lovelace/);
  });

  it('leads links to the client app if there is one', async () => {
    const server = await serve();
    await start(server.port, { FRONTEND_URL: 'https://app.example.com/' });
    const token = createLinkToken();
    await publish(await aSignUp('ada@example.com', { token }));
    const [mail] = await server.waitFor(1);
    assert.ok(mail?.parsed.text?.includes(`https://app.example.com/verify?token=${token}`));
  });

  it('sends a link to nobody but the sealed recipient', async () => {
    const server = await serve();
    await start(server.port);
    await publish(await aSignUp('eve@example.com', { to: 'ada@example.com' }));
    await untilState('failed', 1);
    assert.equal(server.received.length, 0);
  });

  it('reports a sealing key that it lacks', async () => {
    const { line, logger } = captureLog();
    const server = await serve();
    const { service } = await start(server.port, {}, { logger });
    async function sealingKeys() {
      return (await service.health()).find(({ name }) => name === 'sealing keys');
    }
    assert.equal((await sealingKeys())?.state, 'ok');
    const other = await createSealingKey();
    const keyId = await calculateJwkThumbprint(other.jwk);
    await publish(await aSignUp('ada@example.com', { sealedTo: other }));
    await line((each) => each['level'] === 'error' && each['keyId'] === keyId);
    assert.deepEqual(await sealingKeys(), {
      name: 'sealing keys',
      state: 'degraded',
      needed: false,
      detail: `SEALING_PRIVATE_KEYS lacks the key ${keyId}: mails whose links need it wait`,
    });
  });

  it('says at the start that the file of its access token is missing', async () => {
    const { lines, logger } = captureLog();
    const server = await serve();
    const token = { USE_CREDENTIALS: 'true', MAIL_USERNAME: 'mailer', MAIL_AUTH: 'xoauth2' };
    await start(server.port, { ...token, MAIL_OAUTH_TOKEN_FILE: join(folder, 'missing') }, { logger });
    assert.ok(
      lines().some(({ level, msg }) => level === 'warn' && /MAIL_OAUTH_TOKEN_FILE/.test(String(msg))),
    );
  });

  it('logs each link that it cannot use, with its delivery', async () => {
    const { lines, logger } = captureLog();
    const server = await serve();
    await start(server.port, {}, { logger });
    const broken = await aSignUp('ada@example.com', { token: 'too-short' });
    await publish(broken, await aSignUp('eve@example.com', { to: 'ada@example.com' }));
    await untilState('failed', 2);
    const errors = lines().filter((each) => each['level'] === 'error' && 'delivery' in each);
    assert.deepEqual(errors.map(({ msg }) => msg).toSorted(), [
      'the link of a mail cannot be decrypted',
      'the link of a mail does not belong to its event',
    ]);
  });

  it('writes one mail to each recipient of a mailing', async () => {
    const server = await serve();
    await start(server.port);
    const addresses = ['a@example.com', 'b@example.com', 'c@example.com'];
    const person = { recipients: [...addresses, 'a@example.com'] };
    await publish(
      createTestEvent('MailRequested', { template: 'welcome', requestedBy: randomUUID(), person }),
    );
    assert.deepEqual(recipients(await server.waitFor(3)), addresses);
    await untilState('sent', 3);
    assert.equal(server.received[0]?.parsed.subject, 'Welcome to Latchkey');
  });

  it('sends one mail for an event that comes twice', async () => {
    const server = await serve();
    await start(server.port);
    const event = await aSignUp('ada@example.com');
    await publish(event, event, await aSignUp('bob@example.com'));
    await untilState('sent', 2);
    assert.deepEqual(recipients(server.received), ['ada@example.com', 'bob@example.com']);
  });

  it('forgets address, name and link once the mail is sent', async () => {
    const server = await serve();
    const { database } = await start(server.port);
    await publish(await aSignUp('ada@example.com'));
    await untilState('sent', 1);
    const rows = JSON.stringify(database.prepare('SELECT * FROM notifier_deliveries').all());
    assert.doesNotMatch(rows, /@example|lovelace|eyJ/);
  });

  it('gives up on a recipient that the server permanently refuses', async () => {
    const server = await serve({ onRcptTo: (_to, _session, done) => done(createSmtpReply(550, '5.1.1 no')) });
    await start(server.port);
    await publish(await aSignUp('nobody@example.com'));
    await untilState('failed', 1);
  });

  it('tries again after a temporary refusal', async () => {
    let answers = 0;
    const server = await serve({
      onRcptTo: (_to, _session, done) => {
        answers += 1;
        done(answers === 1 ? createSmtpReply(450) : null);
      },
    });
    await start(server.port);
    await publish(await aSignUp('ada@example.com'));
    assert.equal((await server.waitFor(1)).length, 1);
  });

  it('sends all ten mails, each once, when a mail server that was down is back', async () => {
    const port = await reserveFreePort();
    await start(port);
    const addresses = Array.from({ length: 10 }, (_, index) => `user${index}@example.com`);
    for (const address of addresses) await publish(await aSignUp(address));
    await until(
      async () => (await running?.service.health())?.some(({ state }) => state === 'degraded') ?? false,
    );
    const server = await serve({ port });
    await server.waitFor(10);
    await untilState('sent', 10);
    assert.deepEqual(recipients(server.received), addresses.toSorted());
  });

  it('continues where it was after a restart during an outage', async () => {
    const port = await reserveFreePort();
    await start(port);
    const addresses = Array.from({ length: 5 }, (_, index) => `user${index}@example.com`);
    for (const address of addresses) await publish(await aSignUp(address));
    await untilState('pending', 5);
    await stop();
    await start(port);
    const server = await serve({ port });
    await server.waitFor(5);
    await untilState('sent', 5);
    assert.deepEqual(recipients(server.received), addresses);
    await stop();
    await start(port);
    await publish(await aSignUp('last@example.com'));
    await server.waitFor(6);
    assert.deepEqual(recipients(server.received), ['last@example.com', ...addresses]);
  });

  it('cancels mails that an event makes pointless while the mail server is down', async () => {
    const port = await reserveFreePort();
    await start(port);
    const signUp = await aSignUp('ada@example.com');
    const other = await aSignUp('bob@example.com');
    await publish(signUp, other);
    await publish(
      createTestEvent('RegistrationEnded', { reason: 'rejected' }, { subject: signUp.subject, sequence: 2 }),
    );
    await untilState('cancelled', 1);
    const server = await serve({ port });
    await server.waitFor(1);
    assert.deepEqual(recipients(server.received), ['bob@example.com']);
  });

  it('sends nothing to an address that is suppressed, and says so instead of forgetting the mail', async () => {
    const server = await serve();
    await start(server.port);
    assert.ok(running);
    const { suppressions, deliveries } = openSqliteNotifierStorage({ database: running.database });
    const recipient = computeAddressFingerprint('ADA@example.com');
    const since = new Date();
    await suppressions.put({ recipient, hint: 'a…', mail: 'verify-email', reason: 'operator', since });
    await publish(await aSignUp('ada@example.com'), await aSignUp('bob@example.com'));
    await untilState('suppressed', 1);
    await untilState('sent', 1);
    assert.deepEqual(recipients(server.received), ['bob@example.com']);
    const [suppressed] = await deliveries.list({ states: ['suppressed'], limit: 2 });
    assert.deepEqual([suppressed?.mail, suppressed?.reason], ['verify-email', 'operator']);

    assert.equal(await suppressions.remove({ recipient, mail: 'verify-email' }), true);
    await publish(await aSignUp('ada@example.com'));
    await untilState('sent', 2);
  });

  it('sends no notice that NOTICES_OFF names, not even once the setting is removed, and sends the others', async () => {
    const server = await serve();
    await start(server.port, { NOTICES_OFF: 'new-sign-in,locked-out,account-disabled,sessions-ended' });
    await publish(...createNotices('off'), await aSignUp('first@example.com'));
    await untilState('sent', 1);
    await stop();
    await start(server.port, { NOTICES_OFF: 'locked-out' });
    await publish(...createNotices('on'), await aSignUp('second@example.com'));
    await untilState('sent', 5);
    await stop();
    await start(server.port);
    await publish(await aSignUp('third@example.com'));
    await untilState('sent', 6);
    assert.deepEqual(recipients(server.received), [
      'first@example.com',
      'on-account-disabled@example.com',
      'on-new-sign-in@example.com',
      'on-sessions-ended@example.com',
      'second@example.com',
      'third@example.com',
    ]);
  });

  it('leaves its group and finishes its mails at the same time when it stops', {
    timeout: 120_000,
  }, async () => {
    const { promise: taken, resolve: answer } = Promise.withResolvers<undefined>();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const { promise: finishing, resolve: isFinishing } = Promise.withResolvers<void>();
    const server = await serve({ onMail: () => taken });
    const { service } = await start(
      server.port,
      {},
      {
        busFor: (bus) => ({
          ...bus,
          async subscribe(options) {
            const subscription = await bus.subscribe(options);
            return { ...subscription, close: () => left.then(subscription.close) };
          },
        }),
        clock: {
          ...systemClock,
          sleep(ms, signal) {
            if (ms !== STOPS_WITHIN_MS) return systemClock.sleep(ms, signal);
            isFinishing();
            return systemClock.sleep(HOUR, signal);
          },
        },
      },
    );
    await publish(await aSignUp('ada@example.com'));
    await until(async () => (await census())?.claimed === 1);
    const stopped = service.stop();
    await finishing;
    leave();
    answer(undefined);
    await stopped;
    assert.equal((await census())?.sent, 1);
  });

  it('can start again after the log could not be reached, with the same port for reports', async () => {
    const settings = {
      MAIL_BOUNCE_DOMAIN: 'bounces.example.com',
      MAIL_BOUNCE_KEY: randomBytes(32).toString('base64'),
      MAIL_BOUNCE_PORT: String(await reserveFreePort()),
      MAIL_BOUNCE_HOST: '127.0.0.1',
    };
    let isReachable = false;
    function busFor(bus: Bus): Bus {
      return {
        ...bus,
        subscribe: (options) => (isReachable ? bus.subscribe(options) : Promise.reject(new Error('away'))),
      };
    }
    const server = await serve();
    await assert.rejects(start(server.port, settings, { busFor }), /^Error: away$/);
    await running?.service.stop();
    isReachable = true;
    await running?.service.start();
    await publish(await aSignUp('ada@example.com'));
    await untilState('sent', 1);
  });

  it('receives a bounce over LMTP, and suppresses mails of its kind for MAIL_SUPPRESSION_DAYS', async () => {
    const [server, port] = [await serve(), await reserveFreePort()];
    const { database } = await start(server.port, {
      MAIL_BOUNCE_DOMAIN: 'bounces.example.com',
      MAIL_BOUNCE_KEY: randomBytes(32).toString('base64'),
      MAIL_BOUNCE_PORT: String(port),
      MAIL_BOUNCE_HOST: '127.0.0.1',
      MAIL_BOUNCE_LMTP: 'true',
      MAIL_SUPPRESSION_DAYS: '2',
    });
    await publish(await aSignUp('ada@example.com'));
    await untilState('sent', 1);
    const bounce = { port, to: server.received[0]?.from ?? '', content: createDeliveryReportMail('5.1.1') };
    assert.match(await sendReport({ ...bounce, hello: 'EHLO' }), /^500 /);
    assert.match(await sendReport({ ...bounce, hello: 'LHLO' }), /^250 2\.0\.0 /);
    const { suppressions } = openSqliteNotifierStorage({ database });
    const [{ mail, since, until: end } = assert.fail()] = await suppressions.list({
      now: new Date(),
      limit: 2,
    });
    assert.deepEqual([mail, Number(end) - since.getTime()], ['verify-email', 48 * HOUR]);
  });

  it('remembers since when each key that mails depend on is in use', async () => {
    const server = await serve();
    const { database } = await start(server.port, {
      MAIL_BOUNCE_DOMAIN: 'bounces.example.com',
      MAIL_BOUNCE_KEY: randomBytes(32).toString('base64'),
      MAIL_DKIM_DOMAIN: 'example.com',
      MAIL_DKIM_SELECTOR: 'latchkey1',
      MAIL_DKIM_PRIVATE_KEY: generateDkimKey(),
    });
    const uses = await openNotifierOps(createSqliteStore(database)).keys.list();
    assert.deepEqual(Object.keys(uses).toSorted(), ['MAIL_BOUNCE_KEY', 'MAIL_DKIM_PRIVATE_KEY']);
    for (const [use] of Object.values(uses)) assert.ok(use?.since !== undefined);
  });

  it('moves an undecodable record to the dead-letter queue, and sends the next mail', async () => {
    const server = await serve();
    const { registry } = await start(server.port);
    const event = await aSignUp('ada@example.com');
    const { topic, ...record } = encode(event);
    const unknownType = { ce_type: 'MoonLanded', ce_dataschema: 'urn:latchkey:event:MoonLanded:1' };
    await running?.bus.publish(topic, [
      { ...record, value: Buffer.from('{"truncated') },
      { ...record, key: null },
      { ...record, headers: { ...record.headers, ...unknownType } },
      record,
    ]);
    await server.waitFor(1);
    for (const count of ['latchkey_notifier_set_aside_total 2', 'latchkey_notifier_skipped_total 1'])
      await until(async () => (await registry.metrics()).includes(count));
  });

  it('sends nothing to an erased person, and counts that', async () => {
    const server = await serve();
    const { registry } = await start(server.port);
    await publish(createTestEvent('AccountVerified', { locale: 'en', person: null }));
    await publish(await aSignUp('ada@example.com'));
    await server.waitFor(1);
    await until(async () => (await registry.metrics()).includes('latchkey_notifier_erased_total 1'));
  });

  it('confirms an erasure once nothing names the person, again if it is repeated', async () => {
    const server = await serve();
    const { bus, database } = await start(server.port);
    const signUp = await aSignUp('ada@example.com');
    await publish(signUp);
    await untilState('sent', 1);
    const receipts: (Receipt | undefined)[] = [];
    await bus.subscribe({
      topics: [RECEIPTS_TOPIC],
      group: 'test',
      handle: async ({ records }) => {
        const rows = database.prepare('SELECT * FROM notifier_deliveries').all();
        assert.doesNotMatch(JSON.stringify(rows), /ada@example|lovelace/);
        receipts.push(...records.map(decodeReceipt));
      },
    });
    const erased = createTestEvent('AccountErased', {}, { subject: signUp.subject, sequence: 2 });
    await publish(erased, erased);
    await until(async () => receipts.length === 2);
    for (const receipt of receipts)
      assert.partialDeepStrictEqual(receipt, { userId: signUp.subject, consumer: 'notifier', sequence: 2 });
  });

  it('keeps the suppressions of an operator, and those of an address that other accounts have, in an erasure', async () => {
    const server = await serve();
    const { database } = await start(server.port, {
      MAIL_BOUNCE_DOMAIN: 'bounces.example.com',
      MAIL_BOUNCE_KEY: randomBytes(32).toString('base64'),
      MAIL_BOUNCE_PORT: String(await reserveFreePort()),
      MAIL_BOUNCE_HOST: '127.0.0.1',
    });
    const [shared, own] = ['ada@example.com', 'eve@example.com'];
    const signUp = await aSignUp(shared);
    const another = await aSignUp(own);
    await publish(signUp, await aSignUp(shared), another);
    await untilState('sent', 3);
    const { suppressions } = openSqliteNotifierStorage({ database });
    const since = new Date();
    for (const address of [shared, own])
      for (const [mail, reason] of [
        ['welcome', 'complained'],
        ['verify-email', 'operator'],
      ] as const)
        await suppressions.put({
          recipient: computeAddressFingerprint(address),
          hint: address,
          mail,
          reason,
          since,
        });
    await publish(
      createTestEvent('AccountErased', {}, { subject: signUp.subject, sequence: 2 }),
      createTestEvent('AccountErased', {}, { subject: another.subject, sequence: 2 }),
    );
    await until(async () => (await suppressions.list({ now: since, limit: 9 })).length === 3);
    const left = await suppressions.list({ now: since, limit: 9 });
    assert.deepEqual(left.map(({ hint, reason }) => `${hint} ${reason}`).toSorted(), [
      `${shared} complained`,
      `${shared} operator`,
      `${own} operator`,
    ]);
  });

  it('shows no personal data in its metrics and its health', async () => {
    const server = await serve();
    const { registry, service } = await start(server.port);
    await publish(await aSignUp('ada@example.com'));
    await untilState('sent', 1);
    const told = (await registry.metrics()) + JSON.stringify(await service.health());
    assert.match(told, /latchkey_notifier_deliveries\{state="sent"\} 1/);
    assert.doesNotMatch(told, /@example|lovelace/);
  });
});
