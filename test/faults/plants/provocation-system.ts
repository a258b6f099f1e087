/** A small system for provocations. Its commands, mails and faults are recorded like those of a long run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { MongoClient } from 'mongodb';
import { type Cluster, formatInstanceName, prepareCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { getFirstMongoServer, withMongoAddress } from '../../support/mongo-url.ts';
import type { Settings } from '../../support/system.ts';
import { createTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { checkRun, type Report } from '../checker/check.ts';
import { findTracesInCluster } from '../checker/find-traces.ts';
import { createWorkCounters } from '../nemesis/work.ts';
import { waitUntilIdle } from '../quiescence.ts';
import {
  createRunFolder,
  type GenerationShownByProcess,
  type MailLine,
  type MinimumCounts,
  type ReadModelRestoreFindings,
  type RunFolder,
} from '../run-folder.ts';
import { readFaultSettings } from '../settings.ts';
import { listInstancesWithNames } from '../system/cluster.ts';
import { switchGenerations } from '../system/generations.ts';
import { moveDataFolder } from '../system/move.ts';
import {
  copyReadModel,
  readOutputOfFailedCommand,
  rebuildRestoredReadModel,
} from '../system/restore-read-model.ts';
import { createEhloNameSettings, type MailSink, openMailSink } from '../system/sink.ts';
import { openStandalone, type StandaloneUnderTest } from '../system/standalone.ts';
import {
  openSubscribers,
  SUBSCRIBER_NAMES,
  type Subscribers,
  WEBHOOK_SETTINGS,
} from '../system/subscribers.ts';
import { mapRecordedNamesToSenders } from '../system/under-test.ts';
import { type CommandSender, createCommandSender } from '../traffic/command-sender.ts';
import * as ask from '../traffic/commands.ts';
import { createSimulatedPerson, type Person } from '../traffic/person.ts';

const MAIL_COMES_WITHIN_MS = 10_000;
const CAUGHT_UP_WITHIN_MS = 20_000;
/** The minimum counts of a provocation. A provocation is short, so only one sign-up is required. */
const ONE_SIGN_UP: MinimumCounts = {
  sent: 1,
  acknowledged: { 'sign-up': 1 },
  hits: {},
  hitsOnGroups: {},
  kindsOfFaults: 0,
  duplicates: 0,
  erased: 0,
};
/**
 * The settings of the standalone in a provocation that begins with a standalone and moves it to a cluster.
 * The standalone runs too briefly for faults. The seed is even, which turns the rate limits off.
 */
const FORMER_SETTINGS = { FAULTS_SEED: '0', FAULTS_SECONDS: '1' } as const;
const MOVED_WITHIN_MS = 20_000;
const SETTINGS: Settings = {
  LIMITS: 'off',
  LIMIT_MAILS_PER_ADDRESS: '1000000',
  ERASURE_GRACE_DAYS: '0',
};

export interface ProvocationSystem {
  /** The cluster, with one process of auth, one of user, and two of the notifier. */
  readonly cluster: Cluster;
  readonly sink: MailSink;
  readonly sender: CommandSender;
  /** The mails that the mail server has recorded so far. */
  readonly mails: readonly MailLine[];
  /**
   * The proxy between auth and Kafka. auth uses the proxy only until it has published something. After that,
   * auth connects to the broker's own address.
   */
  readonly kafka: TcpProxy;
  /** The proxy between MongoDB and two services, user and notifier. */
  readonly mongo: TcpProxy;
  /**
   * Starts the subscribers: the feed reader, the webhook receiver and the process that uses `subscribe()`.
   * Without a call of this function, they start only at the end of the run.
   * @returns the id of the webhook endpoint of the receiver
   */
  subscribe(): Promise<string>;
  /** Returns the number of mail deliveries in the given state. */
  deliveries(state: string): Promise<number>;
  /**
   * Runs `work`, and records the given faults as if they had happened during exactly that time.
   * @param hits maps the kind of each fault to the name of its target
   */
  during(hits: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void>;
  signUp(): Promise<Person>;
  /** Creates a person who has signed up, verified the address and logged in; needs a working mail server. */
  member(): Promise<Person>;
  /**
   * The person who signed up on the standalone, before the move to the cluster. Undefined if the system did
   * not begin as a standalone.
   */
  readonly moved: Person | undefined;
  /** Waits until the system has no work left, at most `withinMs` ms. */
  rest(withinMs: number): Promise<void>;
  /**
   * Copies auth's part of the database.
   * @returns a function that stops auth, replaces the stored data by the copy, and starts auth again
   */
  copyJournal(): Promise<() => Promise<void>>;
  /**
   * Copies the read model.
   * @returns a function that stops the user service, replaces the stored read model by the copy, and starts
   * the user service again
   */
  copyReadModel(): Promise<() => Promise<void>>;
  /**
   * Switches to another generation of the read model and back. After each switch, records what each process
   * shows of the person's account.
   */
  switchGenerations(person: Person): Promise<void>;
  /** Records what `ops verify` finds about a restored read model, and repairs the read model. */
  repairReadModel(): Promise<void>;
  /** Completes the record of the run and checks it. */
  judge(): Promise<Report>;
}

export interface ProvocationSystemOptions {
  /**
   * Whether the system is a standalone at first. As soon as a person has signed up and verified the address
   * there, the standalone is moved to the cluster. Default: false.
   */
  readonly isMoved?: boolean;
}

export async function openProvocationSystem(
  stack: AsyncDisposableStack,
  { isMoved = false }: ProvocationSystemOptions = {},
): Promise<ProvocationSystem> {
  const { KAFKA_BROKERS = '', MONGO_URL = '' } = process.env;
  const startedAt = new Date().toISOString();
  const folder = createRunFolder(await mkdtemp(join(tmpdir(), 'latchkey-provocation-')));
  stack.defer(() => rm(folder.path, { recursive: true }));
  const mails: MailLine[] = [];
  const sink = await openMailSink((line) => {
    mails.push(line);
    folder.mail(line);
  });
  stack.defer(sink.close);
  const kafka = await openProxy(KAFKA_BROKERS.split(',')[0] ?? '', stack);
  const mongo = await openProxy(getFirstMongoServer(MONGO_URL), stack);
  const former = isMoved ? await openFormerStandalone({ folder, sink }, stack) : undefined;
  const port = former === undefined ? await reserveFreePort() : Number(new URL(former.url).port);
  let nameOf = former?.nameOf;
  const sender = createCommandSender({
    url: `http://localhost:${port}`,
    record: folder.command,
    nameOf: (origin) => nameOf?.(origin),
  });

  async function signUp(): Promise<Person> {
    const person = createSimulatedPerson();
    await sender.send(ask.createSignUpCommand(person, {}));
    return person;
  }

  async function member(): Promise<Person> {
    const person = await signUp();
    const mail = await sink.inboxes.next(
      person.email,
      ({ token }) => token !== undefined,
      MAIL_COMES_WITHIN_MS,
    );
    if (mail?.token !== undefined) await sender.send(ask.createVerifyAddressCommand(person, mail.token));
    const { body } = await sender.send(ask.createLoginCommand(person));
    const { user, accessToken, refreshToken } = body ?? {};
    return { ...person, id: user?.id, accessToken, refreshToken };
  }

  let moved: Person | undefined;
  if (former !== undefined) {
    moved = await member();
    await waitUntilIdle(former.stores, { withinMs: MOVED_WITHIN_MS, say: () => undefined });
    await former.subscribers.catchUp(CAUGHT_UP_WITHIN_MS);
    await former.stop();
  }
  const cluster = await prepareCluster({
    port,
    instances: { auth: 1, user: 1, notifier: 2 },
    opsSettings: WEBHOOK_SETTINGS,
    settingsOn: (stores, service) => ({
      ...SETTINGS,
      ...WEBHOOK_SETTINGS,
      ...sink.settings,
      ...(service === 'auth'
        ? { KAFKA_BROKERS: kafka.address }
        : { MONGO_URL: withMongoAddress(stores.MONGO_URL, mongo.address) }),
    }),
    settingsOfEach: (service, index) => createEhloNameSettings(formatInstanceName(service, index)),
  });
  stack.defer(cluster.stop);
  if (former !== undefined) await moveDataFolder(former.stores.DATA_DIR, cluster);
  nameOf = cluster.nameOf;
  await cluster.start();
  let subscribers: Promise<Subscribers> | undefined =
    former === undefined ? undefined : Promise.resolve(former.subscribers);
  /**
   * Starts the subscribers if they are not running. The subscribers do not start together with the system,
   * because starting them makes auth publish events, and in some provocations auth must not have published
   * anything.
   */
  function openedSubscribers(): Promise<Subscribers> {
    const { url, ops, stores } = cluster;
    subscribers ??= openSubscribers(
      { url, ops, brokers: stores.KAFKA_BROKERS, record: folder.received },
      stack,
    );
    return subscribers;
  }
  let isRestored = false;
  let restoredReadModel: ReadModelRestoreFindings | undefined;
  let generations: readonly GenerationShownByProcess[] = [];
  const client = await MongoClient.connect(cluster.stores.MONGO_URL);
  stack.defer(() => client.close());
  return {
    cluster,
    sink,
    sender,
    mails,
    kafka,
    mongo,
    subscribe: async () => (await openedSubscribers()).endpoint,
    signUp,
    member,
    moved,
    deliveries: (state) => client.db().collection('notifier_deliveries').countDocuments({ state }),
    during: async (hits, work) => {
      const at = new Date().toISOString();
      await work();
      const until = new Date().toISOString();
      for (const [fault, target] of Object.entries(hits)) folder.fault({ at, fault, target, until });
    },
    rest: async (withinMs) => void (await waitUntilIdle(cluster.stores, { withinMs, say: () => undefined })),
    copyJournal: async () => {
      const names = (await client.db().listCollections().toArray()).map(({ name }) => name);
      const copies = await Promise.all(
        names
          .filter((name) => name.startsWith('auth_'))
          .map(async (name) => ({ name, documents: await client.db().collection(name).find().toArray() })),
      );
      return async () => {
        isRestored = true;
        const [auth] = cluster.instances.auth;
        await auth?.end('SIGTERM');
        for (const { name, documents } of copies) {
          await client.db().collection(name).deleteMany({});
          if (documents.length > 0) await client.db().collection(name).insertMany(documents);
        }
        auth?.launch();
        await auth?.ready();
      };
    },
    copyReadModel: async () => {
      const restore = await copyReadModel(cluster.stores.MONGO_URL);
      return async () => {
        const [user] = cluster.instances.user;
        await user?.end('SIGTERM');
        await restore();
        user?.launch();
        await user?.ready();
      };
    },
    switchGenerations: async ({ id = '', accessToken = '' }) => {
      const processes = new Map(listInstancesWithNames(cluster, 'user'));
      generations = await switchGenerations({ ...cluster, processes, account: id, token: accessToken });
    },
    repairReadModel: async () => {
      restoredReadModel = await rebuildRestoredReadModel(cluster);
    },
    judge: async () => {
      if (!isRestored) await (await openedSubscribers()).catchUp(CAUGHT_UP_WITHIN_MS);
      const endedAt = new Date().toISOString();
      await folder.close({
        seed: 0,
        startedAt,
        endedAt,
        settings: SETTINGS,
        minimums: ONE_SIGN_UP,
        shown: null,
        ...(isRestored && { restored: { reported: await findReportedForks(cluster) } }),
        ...(restoredReadModel && { restoredReadModel }),
        subscribers: SUBSCRIBER_NAMES,
        senders: {
          ...former?.senders(),
          ...mapRecordedNamesToSenders(listInstancesWithNames(cluster, 'notifier')),
        },
        generations,
        shownAfterSwitches: [],
        ...(await findTracesInCluster(cluster.stores)),
        servers: cluster.stores,
      });
      return checkRun(folder.path);
    },
  };
}

/** Starts a standalone without faults, for the part of a run before the move to the cluster. */
function openFormerStandalone(
  { folder, sink }: { readonly folder: RunFolder; readonly sink: MailSink },
  stack: AsyncDisposableStack,
): Promise<StandaloneUnderTest> {
  return openStandalone(
    {
      settings: readFaultSettings(['--embedded'], FORMER_SETTINGS),
      say: () => undefined,
      work: createWorkCounters(),
      sink,
      recordFault: folder.fault,
      recordReceived: folder.received,
      recordRemoved: folder.removed,
      replacedRowsFile: folder.replacedRowsFile,
    },
    stack,
  );
}

/**
 * Returns the accounts of which `ops verify` reports that the read model has applied events that the journal
 * does not contain.
 */
async function findReportedForks({ ops }: Cluster): Promise<readonly string[]> {
  const stdout = await readOutputOfFailedCommand(ops('verify', '--json'));
  const { findings }: { findings: readonly { readonly kind: string; readonly subject: string }[] } =
    JSON.parse(stdout);
  const forks = findings.filter(({ kind }) => kind === 'history-forked' || kind === 'profile-ahead');
  return [...new Set(forks.map(({ subject }) => subject))];
}

async function openProxy(far: string, stack: AsyncDisposableStack): Promise<TcpProxy> {
  const proxy = await createTcpProxy(far);
  await proxy.mend();
  stack.defer(proxy.cut);
  return proxy;
}

/** Waits until a condition holds. Gives up only after a time that is long enough for a busy machine. */
export function waitUntil(what: string, condition: () => Promise<boolean> | boolean): Promise<boolean> {
  return eventually(what, condition, 60_000);
}
