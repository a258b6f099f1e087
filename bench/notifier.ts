import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { compose, type NotifierConfig, notifierSettingsSchema, notifierTopics } from '@latchkey/notifier';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { createTransport } from 'nodemailer';
import type { NewDelivery } from '../services/notifier/src/delivery/delivery.ts';
import { generateDkimKey } from '../services/notifier/src/dkim-key.ts';
import { computeDeliveriesAndCutoffs } from '../services/notifier/src/intake/entries.ts';
import type { Mailer, OutgoingMail } from '../services/notifier/src/ports/mailer.ts';
import { openSqliteNotifierStorage } from '../services/notifier/src/storage/sqlite/index.ts';
import {
  createSealingKey,
  createTestEvent,
  type SealingKey,
} from '../services/notifier/src/testing/events.ts';
import { eventually } from '../test/support/eventually.ts';
import type { Settings } from '../test/support/system.ts';
import { type Benchmark, createMinPercentOfLimitTarget } from './support/benchmark.ts';
import { measureMs } from './support/load.ts';
import { startMailSinkProcess } from './support/sink-process.ts';
import { measureAlternately } from './support/statistics.ts';

const MAILS = 1_000;
const ROUNDS = 5;
const CONNECTIONS = 5;
const DAY_MS = 24 * 3_600_000;
const DRAINS_WITHIN_MS = 300_000;

export const notifierBenchmark: Benchmark = {
  name: 'notifier',
  title: 'Mails',
  method: `${MAILS} pending verification mails in the embedded store: from the start of the notifier until all are sent and recorded as sent: claiming, decrypting the links, rendering the templates, SMTP, recording. Against nodemailer alone, which gets the same mails, already rendered, all at the same time. Both over ${CONNECTIONS} connections, to a sink in another process that accepts everything immediately. Measured without and with DKIM signatures (RSA, 2048 bits). Alternating, ${ROUNDS} times, medians.`,
  async run() {
    await using sink = await startMailSinkProcess();
    const key = await createSealingKey();
    const dkim = { domainName: 'latchkey.example', keySelector: 'bench', privateKey: generateDkimKey() };
    const config = configFor(sink.settings, key);
    const signingConfig = configFor({ ...sink.settings, ...dkimSettingsOf(dkim) }, key);
    const owed = await verifications(key);
    const mails = await filledIn(owed, config);
    const turns = await measureAlternately(ROUNDS, {
      raw: () => handedOver(mails, sink.settings),
      notifier: () => drained(owed, config),
      rawSigned: () => handedOver(mails, sink.settings, dkim),
      notifierSigned: () => drained(owed, signingConfig),
    });
    const count = await sink.count();
    if (count !== MAILS) throw new Error(`${count} people got a mail, not ${MAILS}`);
    return [
      {
        what: 'mails sent (limit: nodemailer)',
        unit: '/s',
        limit: turns.raw,
        measured: turns.notifier,
        target: createMinPercentOfLimitTarget(85, turns.raw),
      },
      {
        what: 'mails sent with DKIM (limit: nodemailer with DKIM)',
        unit: '/s',
        limit: turns.rawSigned,
        measured: turns.notifierSigned,
        target: createMinPercentOfLimitTarget(85, turns.rawSigned),
      },
    ];
  },
};

/** The options that make nodemailer add a DKIM signature to mails. */
interface NodemailerDkim {
  readonly domainName: string;
  readonly keySelector: string;
  readonly privateKey: string;
}

function dkimSettingsOf({ domainName, keySelector, privateKey }: NodemailerDkim): Settings {
  return {
    MAIL_DKIM_DOMAIN: domainName,
    MAIL_DKIM_SELECTOR: keySelector,
    MAIL_DKIM_PRIVATE_KEY: privateKey,
  };
}

function configFor(settings: Settings, key: SealingKey): NotifierConfig {
  return readConfig(notifierSettingsSchema, {
    LATCHKEY_ENV: 'development',
    PUBLIC_URL: 'http://localhost:8080',
    SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [key.jwk] }),
    ...settings,
  });
}

/** Returns pending verification mails, like those that the notifier creates from auth's events. */
async function verifications(key: SealingKey): Promise<readonly NewDelivery[]> {
  const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
  const deliveries: NewDelivery[] = [];
  for (let index = 0; index < MAILS; index += 1) {
    const person = { email: `person${index}@example.com`, username: `person${index}` };
    const subject = randomUUID();
    const link = { purpose: 'verification', to: person.email, userId: subject, expiresAt } as const;
    const data = { role: 'user', locale: 'en', person, verification: await key.seal(link) } as const;
    deliveries.push(
      ...computeDeliveriesAndCutoffs(createTestEvent('UserRegistered', data, { subject })).deliveries,
    );
  }
  return deliveries;
}

/** Returns the mails that the notifier creates from these deliveries, as it passes them to nodemailer. */
async function filledIn(
  owed: readonly NewDelivery[],
  config: NotifierConfig,
): Promise<readonly OutgoingMail[]> {
  const mails: OutgoingMail[] = [];
  await drained(owed, config, {
    async send(mail) {
      mails.push(mail);
      return { kind: 'accepted' };
    },
    probe: async () => ({ kind: 'welcome' }),
    connections: () => CONNECTIONS,
    close: () => undefined,
  });
  return mails;
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  return (1000 * MAILS) / (await measureMs(work));
}

/**
 * Sends mails through nodemailer's connection pool, without the notifier, for comparison.
 * @returns mails per second
 */
async function handedOver(
  mails: readonly OutgoingMail[],
  settings: Settings,
  dkim?: NodemailerDkim,
): Promise<number> {
  const { MAIL_SERVER: host = '', MAIL_PORT: port, MAIL_FROM: from } = settings;
  const transport = createTransport({
    pool: true,
    host,
    port: Number(port),
    ignoreTLS: true,
    maxConnections: CONNECTIONS,
    maxMessages: MAILS,
    ...(dkim && { dkim }),
  });
  function send({ id, to, subject, html, text, locale, correlationId, date }: OutgoingMail) {
    return transport.sendMail({
      from,
      to,
      subject,
      html,
      text,
      date,
      messageId: `<${id}@latchkey.example>`,
      textEncoding: 'quoted-printable',
      headers: {
        'Auto-Submitted': 'auto-generated',
        'Content-Language': locale,
        'X-Correlation-Id': correlationId,
      },
    });
  }
  try {
    return await perSecond(() => Promise.all(mails.map(send)));
  } finally {
    transport.close();
  }
}

/**
 * Runs a notifier on a store with pending deliveries, until all of them are sent.
 * @returns mails per second
 */
async function drained(
  owed: readonly NewDelivery[],
  config: NotifierConfig,
  mailer?: Mailer,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(notifierTopics);
  const deliveries = openSqliteNotifierStorage({ database }).deliveries;
  await deliveries.record({ deliveries: owed, cutoffs: [] }, new Date());
  const service = compose(config, {
    backend: { store: createSqliteStore(database), bus },
    logger: createLogger({ name: 'bench', level: 'silent' }),
    registry: createMetricsRegistry(),
    ...(mailer && { mailer }),
  });
  async function noneLeft() {
    return (await deliveries.oldestOpen()) === undefined;
  }
  try {
    await service.start();
    const rate = await perSecond(() => eventually('no mail is owed', noneLeft, DRAINS_WITHIN_MS));
    const { sent } = await deliveries.census();
    if (sent !== owed.length) throw new Error(`${sent} mails sent, of ${owed.length}`);
    return rate;
  } finally {
    await service.stop();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  }
}
