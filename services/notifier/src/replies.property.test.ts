/**
 * Tests the notifier with a mail server that may send any reply at any stage. The log, the store and the
 * connections to the mail server are real; the clock is simulated.
 * Guaranteed: every mail is either accepted, or fails because of a reply about its recipient, which is
 * recorded. A mail is accepted twice only if the reply that accepted it was lost.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { testEventKeySource } from '@latchkey/consumer/testing/signed';
import { encode } from '@latchkey/events';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import fc from 'fast-check';
import {
  type RecipientScript,
  type ScriptedReply,
  type SessionScript,
  startScriptedServer,
} from '../../../test/mail/scripted-server.ts';
import { SMTP_LOGIN_SETTINGS } from '../../../test/mail/sessions.ts';
import { compose, notifierTopics } from './index.ts';
import { computeDeliveryId } from './intake/delivery-id.ts';
import { openSqliteNotifierStorage } from './storage/sqlite/index.ts';
import { createSealingKey, createTestEvent } from './testing/events.ts';
import { createSettingsForMailServer } from './testing/settings.ts';
import { createSimulatedClock } from './testing/simulated-clock.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const BEGIN = new Date('2026-11-21T06:00:00.000Z');
/**
 * How far the simulated clock moves in one step, in ms. If nothing is due for longer, the clock moves
 * further.
 */
const STEP = 2 * SECOND;
/**
 * How long after the last refusal every mail must have been accepted or have failed, in ms. This is less than
 * the 72 hours after which a mail expires.
 */
const LONG = 24 * HOUR;
/** How many times in a row a server gives the same reply. */
const REPEATED = 4;
/** How many consecutive checks must find the notifier idle before it counts as idle. */
const LOOKS = 3;

/** Replies of a mail server that are about the recipient. */
const ABOUT_RECIPIENT = [
  '550 5.1.1 User unknown',
  '550 5.1.2 No such domain',
  '501 5.1.3 Bad address syntax',
  '550 5.2.1 Mailbox disabled',
  '556 Domain does not accept mail',
];
/**
 * Replies of a mail server that may be about the recipient or about the sender. If the server accepts mails
 * to other recipients, they are about the recipient.
 */
const UNCLEAR = [
  '550 No such user',
  '554 Transaction failed',
  '550 5.4.1 Recipient address rejected: Access denied',
];
/** Replies of a mail server that are about the sender, or about the server itself. */
const OTHERS = [
  '554 5.7.1 Relay access denied',
  '454 4.7.1 Relay access denied',
  '550 5.1.1 Relay access denied',
  '550 5.1.2 Sender domain not found',
  '550 5.4.5 Daily user sending limit exceeded',
  '550 5.7.26 Unauthenticated mail',
  '550 Your account has been suspended',
  '554 Sending paused for this account',
  '503 5.5.1 Bad sequence',
  '451 Authentication failed: Maximum credits exceeded',
  '450 4.7.1 Greylisted',
  '452 4.2.2 Mailbox full',
  '552 5.2.2 Mailbox full',
  '550 5.2.1 The user is receiving mail at a rate that prevents additional messages',
  '421 4.3.2 Closing',
  '432 4.3.2 Concurrent connections limit exceeded',
  '554 5.7.0 Too many concurrent connections',
  '350 More',
  'drop',
];

/** Generates a reply, after which the server may close the connection. */
const anyReply = fc
  .tuple(fc.constantFrom(...ABOUT_RECIPIENT, ...UNCLEAR, ...OTHERS), fc.boolean())
  .map(([said, closes]) => (closes && said !== 'drop' ? `${said}\ndrop` : said));

/**
 * Generates either several replies, or one reply that is repeated. The repetition is needed, because an
 * unclear reply ends a mail only if the server gives it repeatedly.
 */
function repliesAt(most: number, ...more: readonly ScriptedReply[]) {
  const reply = more.length === 0 ? anyReply : fc.oneof(anyReply, fc.constantFrom(...more));
  const repeated = reply.map((said) => Array.from({ length: REPEATED }, () => said));
  return fc.oneof(
    { weight: 3, arbitrary: fc.array(reply, { maxLength: most }) },
    { weight: 1, arbitrary: repeated },
  );
}

const anyRecipient: fc.Arbitrary<RecipientScript> = fc.record({
  rcpt: repliesAt(2),
  // Do not generate 3xx replies. RFC 5321 knows only 354, and the client treats any 3xx reply like 354.
  data: repliesAt(1).map((replies) => replies.filter((said) => !said.startsWith('3'))),
  content: repliesAt(2, 'lost'),
  rset: repliesAt(1),
});

/** Generates the replies at the beginning of a connection; a stage without a reply succeeds. */
const anySession = fc.record({
  greeting: fc.option(anyReply, { nil: undefined, freq: 3 }),
  ehlo: fc.option(anyReply, { nil: undefined, freq: 3 }),
  auth: fc.option(anyReply, { nil: undefined, freq: 3 }),
});

const anyServer = fc.record({
  /** For each of the first connections, the server's replies to connecting, EHLO and the login. */
  sessions: fc.array(anySession, { maxLength: 6 }),
  /** The replies to the first MAIL FROM commands. `fine` means that the server accepts the sender. */
  mail: repliesAt(6, 'fine'),
  recipients: fc.array(anyRecipient, { minLength: 1, maxLength: 8 }),
});
type AnyServer = typeof anyServer extends fc.Arbitrary<infer T> ? T : never;

const key = await createSealingKey();

function sessionOf({ greeting, ehlo, auth }: AnyServer['sessions'][number]): SessionScript {
  return {
    ...(greeting !== undefined && { greeting }),
    ehlo: ehlo ?? '250-here\n250 AUTH PLAIN',
    auth: () => auth,
  };
}

/**
 * Sends one mail to each recipient.
 * @returns for each mail: its delivery, and how many times the server replied that it accepted the mail
 */
async function sendAll({ sessions, mail, recipients }: AnyServer) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-replies-'));
  const scripts = new Map(recipients.map((script, index) => [`to${index}@example.com`, script]));
  const sessionsLeft = [...sessions];
  const mailLeft = [...mail];
  await using server = await startScriptedServer({
    get session() {
      return sessionOf(sessionsLeft.shift() ?? { greeting: undefined, ehlo: undefined, auth: undefined });
    },
    recipient: (to) => scripts.get(to),
    always(stage) {
      if (stage !== 'mail') return undefined;
      const said = mailLeft.shift();
      return said === 'fine' ? undefined : said;
    },
  });
  const clock = createSimulatedClock(BEGIN);
  const database = openDatabase({ folder, as: 'server' });
  const logger = createLogger({ name: 'notifier', level: 'silent' });
  const bus = createEmbeddedBus({ database, logger, now: clock.now });
  await bus.ensureTopics(notifierTopics);
  const service = compose(createSettingsForMailServer(server.port, key, SMTP_LOGIN_SETTINGS), {
    backend: { store: createSqliteStore(database), bus },
    logger,
    registry: createMetricsRegistry(),
    eventKeys: testEventKeySource,
    clock,
    random: () => 0.5,
  });
  const { deliveries } = openSqliteNotifierStorage({ database });

  async function isIdle(): Promise<boolean> {
    const isConnecting = process.getActiveResourcesInfo().includes('ConnectWrap');
    return clock.nextWake() !== undefined && !isConnecting && (await deliveries.census()).claimed === 0;
  }

  async function untilIdle(): Promise<void> {
    for (let looks = 0; looks < LOOKS; ) {
      await (looks === 0 ? pause(1) : nextTurn());
      looks = (await isIdle()) ? looks + 1 : 0;
    }
  }

  async function isEnded(): Promise<boolean> {
    const { pending, claimed, ...ended } = await deliveries.census();
    const all = Object.values(ended).reduce((sum, count) => sum + count, 0);
    return pending === 0 && claimed === 0 && all === recipients.length;
  }

  await service.start();
  try {
    const event = createTestEvent(
      'MailRequested',
      { template: 'welcome', requestedBy: randomUUID(), person: { recipients: [...scripts.keys()] } },
      { time: BEGIN.toISOString() },
    );
    const { topic, ...record } = encode(event);
    await bus.publish(topic, [record]);
    while (!(await isEnded()) && clock.elapsed() < LONG) {
      await untilIdle();
      clock.moveTo(Math.max(clock.nextWake() ?? 0, clock.elapsed() + STEP));
    }
    const found = [...scripts].map(async ([to, script]) => ({
      script,
      delivery: await deliveries.find(computeDeliveryId(event.id, 'welcome', to)),
      answered: server.to(to).filter(({ isAnswered }) => isAnswered).length,
    }));
    return await Promise.all(found);
  } finally {
    await service.stop();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  }
}

type Outcome = Awaited<ReturnType<typeof sendAll>>[number];

/**
 * Returns whether a mail has failed for a valid reason: the reply to its last attempt must be a reply of the
 * script, and it must be one that may end a mail.
 */
function hasEndedRightly({ script, delivery }: Outcome, others: readonly Outcome[]): boolean {
  const { stage, code, enhanced, words } = delivery?.attempts.at(-1) ?? {};
  const said = [code, enhanced, words].filter((part) => part !== undefined).join(' ');
  const replies = stage === 'rcpt' || stage === 'data' || stage === 'content' ? script[stage] : undefined;
  if (!replies?.some((each) => each.split('\n')[0] === said)) return false;
  return (
    ABOUT_RECIPIENT.includes(said) || (UNCLEAR.includes(said) && others.some(({ answered }) => answered > 0))
  );
}

test('whatever a server says at any stage: each mail is accepted once, or ends after a reply about its recipient', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anyServer, async (server) => {
      const outcomes = await sendAll(server);
      for (const outcome of outcomes) {
        const { state, attempts } = outcome.delivery ?? {};
        const context = JSON.stringify([outcome.script, state, attempts]);
        assert.ok(state === 'sent' || state === 'failed', context);
        assert.equal(outcome.answered, state === 'sent' ? 1 : 0, context);
        const others = outcomes.filter((each) => each !== outcome);
        if (state === 'failed') assert.ok(hasEndedRightly(outcome, others), context);
      }
    }),
    { numRuns: chooseRunCount({ some: 10, all: 25 }) },
  );
});
