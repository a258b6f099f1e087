/**
 * Sequences of events and faults that make bugs visible. The sequences are as short as possible, and not
 * random.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { readTopic } from '../../support/kcat.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { FORGERY_NAMES, writeForgedRecord } from '../nemesis/forger.ts';
import * as ask from '../traffic/commands.ts';
import { createUniqueAddress, generateRandomPassword } from '../traffic/person.ts';
import { type ProvocationSystem, waitUntil } from './provocation-system.ts';

const TOPIC = 'accounts.events.v1';
const SECURITY_TOPIC = 'security.events.v1';
/** A pause during which every idle notifier polls for mails, in ms. Notifiers poll every 2 s. */
const ALL_HAVE_POLLED_MS = 3_000;
/**
 * A pause in ms. The checker tolerates that a mail is claimed shortly after its cutoff; this pause is longer
 * than that.
 */
const CERTAINLY_LATER_MS = 6_000;
const QUIET_WITHIN_MS = 20_000;
/**
 * How far back a redrive goes, in ms. This time is longer than a provocation takes, so that all events of the
 * provocation are sent again.
 */
const REDRIVEN_MS = 600_000;

export const provocations = {
  'Kafka is unreachable': async ({
    kafka,
    cluster,
    signUp,
    sink,
    during,
  }: ProvocationSystem): Promise<void> => {
    const [auth] = cluster.instances.auth;
    // At its first start, auth publishes its settings as a security event, and keeps the connection to the
    // broker open. The proxy cannot cut this connection. Therefore restart auth once it has published its
    // settings.
    await waitUntil('auth has published its settings', async () => {
      const records = await readTopic(cluster.stores.KAFKA_BROKERS, SECURITY_TOPIC);
      return records.length > 0;
    });
    await auth?.end('SIGTERM');
    auth?.launch();
    await auth?.ready();
    await during({ 'cut-broker': 'broker-1' }, async () => {
      await kafka.cut();
      await signUp();
      await waitUntil('auth cannot publish', () => saysSince(auth, 0, 'cannot publish'));
      await kafka.mend();
    });
    const { email } = await signUp();
    await sink.inboxes.next(email, () => true, QUIET_WITHIN_MS);
  },

  'several people at once': async ({ member, sender }: ProvocationSystem): Promise<void> => {
    const people = [await member(), await member(), await member(), await member(), await member()];
    const [first] = people;
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        people.map((person) =>
          sender.send(ask.createChangeProfileCommand(person, { firstName: `Ada ${round}` })),
        ),
      );
    }
    if (first) await sender.send(ask.createChangePasswordCommand(first, generateRandomPassword()));
  },

  'several people refresh at once': async ({ member, sender }: ProvocationSystem): Promise<void> => {
    const people = [await member(), await member(), await member(), await member()];
    for (let round = 0; round < 5; round += 1)
      await Promise.all(
        people.map(async (person) => {
          const { body } = await sender.send(ask.createRefreshCommand(person));
          if (body?.refreshToken !== undefined) person.refreshToken = body.refreshToken;
        }),
      );
  },

  'an account changes its address': async ({ member, sender, sink }: ProvocationSystem): Promise<void> => {
    const person = await member();
    const newEmail = createUniqueAddress();
    await sender.send(ask.createChangeEmailCommand(person, newEmail));
    const mail = await sink.inboxes.next(newEmail, ({ token }) => token !== undefined, QUIET_WITHIN_MS);
    if (mail?.token === undefined) throw new Error('there is no link');
    await sender.send(ask.createConfirmEmailChangeCommand(person, mail.token, newEmail));
    await sender.send(ask.createChangePasswordCommand(person, generateRandomPassword()));
  },

  'webhooks are sent again': async (system: ProvocationSystem): Promise<void> => {
    const { member, sender, rest, cluster, subscribe, during } = system;
    const endpoint = await subscribe();
    const person = await member();
    for (let n = 0; n < 5; n += 1)
      await sender.send(ask.createChangeProfileCommand(person, { firstName: `Ada ${n}` }));
    await rest(QUIET_WITHIN_MS);
    await during({ 'ops-redrive': 'ops-redrive' }, async () => {
      const since = new Date(Date.now() - REDRIVEN_MS).toISOString();
      await cluster.ops('webhooks', 'redrive', endpoint, '--since', since);
    });
  },

  'an older journal is restored': async (system: ProvocationSystem): Promise<void> => {
    const { member, sender, rest, copyJournal } = system;
    const person = await member();
    const other = await member();
    await rest(QUIET_WITHIN_MS);
    const restore = await copyJournal();
    await sender.send(ask.createChangeProfileCommand(person, { firstName: 'Ada' }));
    await rest(QUIET_WITHIN_MS);
    await restore();
    for (const firstName of ['Augusta', 'Lady'])
      for (const each of [person, other])
        await sender.insist(ask.createChangeProfileCommand(each, { firstName }));
  },

  'an older read model is restored': async (system: ProvocationSystem): Promise<void> => {
    const { member, signUp, sender, rest, copyReadModel, repairReadModel } = system;
    const [behind, parked] = [await member(), await member()];
    await rest(QUIET_WITHIN_MS);
    const restore = await copyReadModel();
    await signUp();
    for (const each of [behind, parked])
      await sender.insist(ask.createChangeProfileCommand(each, { firstName: 'Ada' }));
    await rest(QUIET_WITHIN_MS);
    await restore();
    await sender.insist(ask.createChangeProfileCommand(parked, { firstName: 'Augusta' }));
    await rest(QUIET_WITHIN_MS);
    await repairReadModel();
  },

  'a standalone is moved': async ({ moved, sender, rest }: ProvocationSystem): Promise<void> => {
    if (moved === undefined) throw new Error('the system did not begin as a standalone');
    const { body } = await sender.send(ask.createRefreshCommand(moved));
    await sender.send(
      ask.createChangeProfileCommand({ ...moved, accessToken: body?.accessToken }, { firstName: 'Augusta' }),
    );
    await rest(QUIET_WITHIN_MS);
  },

  'the read model is rebuilt': async ({
    member,
    rest,
    switchGenerations,
  }: ProvocationSystem): Promise<void> => {
    const person = await member();
    await rest(QUIET_WITHIN_MS);
    await switchGenerations(person);
  },

  'a record is repeated': async ({ cluster, signUp, rest }: ProvocationSystem): Promise<void> => {
    const { KAFKA_BROKERS } = cluster.stores;
    await signUp();
    await rest(QUIET_WITHIN_MS);
    const newest = (await readTopic(KAFKA_BROKERS, TOPIC)).findLast(
      ({ headers }) => headers['ce_type'] === 'UserRegistered',
    );
    if (newest === undefined) throw new Error('nobody has signed up');
    const { partition, key, headers, payload: value } = newest;
    const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
    const relay = kafka.producer({ allowAutoTopicCreation: false });
    await relay.connect();
    await relay.send({ topic: TOPIC, messages: [{ partition, key, headers, value }] });
    await relay.disconnect();
  },

  'the mail server is slow': async ({ sink, signUp }: ProvocationSystem): Promise<void> => {
    await sink.setMode('stalls');
    await signUp();
    await waitUntil('a mail is being sent', () => sink.held() > 0);
    await sleep(ALL_HAVE_POLLED_MS);
    await sink.setMode('takes');
  },

  'a claimed mail is superseded': async ({
    sink,
    member,
    sender,
    deliveries,
    rest,
  }: ProvocationSystem): Promise<void> => {
    const person = await member();
    await rest(QUIET_WITHIN_MS);
    await sink.setMode('stalls');
    for (const inHand of [1, 2]) {
      await sender.send(ask.createRequestResetCommand(person));
      await waitUntil(`${inHand} mails are being sent`, () => sink.held() === inHand);
    }
    await sleep(CERTAINLY_LATER_MS);
    await sink.setMode('answers-4xx');
    await waitUntil('both attempts were deferred', async () => (await deliveries('claimed')) === 0);
    await sink.setMode('takes');
  },

  'a sender is paused while it sends a mail': async (system: ProvocationSystem): Promise<void> => {
    const { cluster, sink, signUp, deliveries, mails, during, rest } = system;
    const [first, second] = cluster.instances.notifier;
    await rest(QUIET_WITHIN_MS);
    await second?.end('SIGTERM');
    await sink.setMode('stalls');
    await signUp();
    await waitUntil('a mail is being sent', () => sink.held() === 1);
    const [sent, judged, said] = [await deliveries('sent'), mails.length, lengthOf(first)];
    await during({ 'pause-notifier': 'notifier-1' }, async () => {
      first?.signal('SIGSTOP');
      try {
        await sink.setMode('closes-after-data');
        await waitUntil('the mail was not accepted', () => mails.length > judged);
        await sink.setMode('takes');
        second?.launch();
        await waitUntil('another process has sent the mail', async () => (await deliveries('sent')) > sent);
      } finally {
        // Resume the process first: while it is stopped, it cannot be ended.
        first?.signal('SIGCONT');
      }
      await waitUntil(
        'the paused process has recorded the outcome, or has noticed that its lease expired',
        async () => saysSince(first, said, 'the lease expired') || (await deliveries('pending')) > 0,
      );
    });
  },

  'somebody forges records': async ({ cluster, signUp, rest }: ProvocationSystem): Promise<void> => {
    await signUp();
    await signUp();
    await rest(QUIET_WITHIN_MS);
    for (const [index] of FORGERY_NAMES.entries())
      await writeForgedRecord(cluster.stores.KAFKA_BROKERS, index);
  },

  'an account is erased': async ({ member, sender, rest }: ProvocationSystem): Promise<void> => {
    const person = await member();
    await rest(QUIET_WITHIN_MS);
    await sender.insist(ask.createEraseAccountCommand(person));
  },

  'consumers are killed while their store is down': async (system: ProvocationSystem): Promise<void> => {
    const { cluster, mongo, signUp, during, rest } = system;
    const readers = [...cluster.instances.user, ...cluster.instances.notifier];
    await rest(QUIET_WITHIN_MS);
    const said = readers.map(lengthOf);
    const hits = { 'cut-mongodb': 'mongodb', 'kill-user': 'user-1', 'kill-notifier': 'notifier-1' };
    await during(hits, async () => {
      await mongo.cut();
      await signUp();
      await waitUntil('consumers have the record, but cannot store its effect', () =>
        readers.some((reader, index) => saysSince(reader, said[index] ?? 0, 'a batch of records failed')),
      );
      await sleep(ALL_HAVE_POLLED_MS);
      await Promise.all(readers.map((reader) => reader.end('SIGKILL')));
      await mongo.mend();
      for (const reader of readers) reader.launch();
      await Promise.all(readers.map((reader) => reader.ready()));
    });
  },
} as const satisfies Readonly<Record<string, (system: ProvocationSystem) => Promise<void>>>;

export type Provocation = keyof typeof provocations;

/** The only provocation that begins with a standalone, which it moves to the cluster. */
export const STANDALONE_MOVE_PROVOCATION: Provocation = 'a standalone is moved';

/**
 * The provocations that cannot share a system with others: after a restored journal, only some of the rules
 * apply, and the move begins with a standalone.
 */
export const PROVOCATIONS_WITH_OWN_SYSTEM: ReadonlySet<Provocation> = new Set([
  'an older journal is restored',
  STANDALONE_MOVE_PROVOCATION,
]);

function lengthOf(process: ServerProcess | undefined): number {
  return process?.output().length ?? 0;
}

function saysSince(process: ServerProcess | undefined, from: number, what: string): boolean {
  return process?.output().slice(from).includes(what) ?? false;
}
