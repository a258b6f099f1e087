/** One run: a system on its own servers, traffic with faults, the wait until the system is idle, and the check. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Cluster,
  nameOfInstance,
  prepareCluster,
  type ServiceName,
  services,
} from '../support/cluster.ts';
import { subjectOf } from '../support/kcat.ts';
import { through } from '../support/mongo-url.ts';
import type { Settings } from '../support/system.ts';
import { check, type Report } from './checker/check.ts';
import { findTraces } from './checker/find-traces.ts';
import { isForged } from './checker/forged-rules.ts';
import { readRecords, readStores } from './checker/read-stores.ts';
import type { TopicRecord } from './checker/stored.ts';
import { minimumsFor } from './minimums.ts';
import { createDeployment } from './nemesis/deployment.ts';
import { createFaults, type World } from './nemesis/faults.ts';
import { runFaultPlan } from './nemesis/nemesis.ts';
import { type FaultKind, planFaults } from './nemesis/schedule.ts';
import { type Supervised, supervise } from './nemesis/supervisor.ts';
import { inWords, untilQuiet } from './quiescence.ts';
import { createRandom } from './random.ts';
import { createRunFolder, type FaultLine, type RunFolder, type ShownProfile } from './run-folder.ts';
import type { FaultSettings } from './settings.ts';
import { findClockLibrary } from './system/clocks.ts';
import { openServers, type Servers } from './system/servers.ts';
import { ehloNames } from './system/sink.ts';
import { readProfiles } from './traffic/commands.ts';
import { createCustomer } from './traffic/customer.ts';
import type { Person } from './traffic/person.ts';
import { startTraffic, verifiedPerson } from './traffic/traffic.ts';
import { createWire, type Wire } from './traffic/wire.ts';

export interface RunResult {
  readonly seed: number;
  readonly seconds: number;
  /** Whether no rule was violated. */
  readonly ok: boolean;
  /** The work that is still unfinished, as text. */
  readonly unrest: readonly string[];
  readonly report: Report;
  readonly faults: readonly FaultLine[];
  /** The folder of the run, if it was kept: because something was wrong, or because of `--keep`. */
  readonly folder: string | undefined;
}

export interface RunDeps {
  say(line: string): void;
  /** Ends the run early, without a check. */
  readonly signal: AbortSignal;
}

/**
 * Links have the shortest lifetime that is allowed. The lease of a mail is longer than a busy machine suspends a
 * process: a process that was suspended for longer could send a second copy, which no fault would excuse.
 */
const SERVICE_SETTINGS = {
  RESET_TOKEN_EXPIRATION_MINUTES: '10',
  SESSIONS_PER_ACCOUNT: '1000',
  MAIL_LEASE_SECONDS: '30',
} as const;
const NONE = '1000000';
const NO_LIMITS = {
  LIMITS: 'off',
  LIMIT_MAILS_PER_ADDRESS: NONE,
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: NONE,
  LIMIT_PROFILE_CHANGES: NONE,
} as const;
/** The default limits, except those per IP, because all traffic comes from one IP. */
const LIMITS_ON = {
  LIMITS: 'on',
  LIMIT_MAILS_PER_ADDRESS: '3',
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: '30',
  LIMIT_PROFILE_CHANGES: '30',
  LIMIT_MAIL_REQUESTS_PER_IP: NONE,
  LIMIT_SIGNUPS_PER_IP: NONE,
  LIMIT_LOGIN_FAILURES_PER_IP: NONE,
  LIMIT_MAILING_RECIPIENTS: NONE,
} as const;

/** Returns the settings of all services. Limits are on in runs with an odd seed. */
function serviceSettings(seed: number): Settings {
  return { ...SERVICE_SETTINGS, ...(seed % 2 === 1 ? LIMITS_ON : NO_LIMITS) };
}

/**
 * Returns the grace period: one auth process erases accounts immediately, the other after a week, so that a run has
 * both. The process that responds to the request determines the period.
 */
function graceOf(service: ServiceName, index: number): Settings {
  return service === 'auth' ? { ERASURE_GRACE_DAYS: index === 0 ? '0' : '7' } : {};
}

/** Longer than the lease of a mail whose sender was killed, and than the backoff after a few refusals. */
const QUIET_WITHIN_MS = 300_000;
const TRIES = 5;
const READY_WITHIN_MS = 10_000;

/**
 * Carries out one run.
 * @throws Error if the system or its servers do not start, or if the run was ended early
 */
export async function runOnce(settings: FaultSettings, { say, signal }: RunDeps): Promise<RunResult> {
  const { seed, seconds } = settings;
  const startedAt = new Date();
  function soFar(): number {
    return Math.round((Date.now() - startedAt.getTime()) / 1000);
  }
  await using stack = new AsyncDisposableStack();
  const folder = createRunFolder(await mkdtemp(join(tmpdir(), 'latchkey-faults-')));
  say(`seed ${seed}, written down in ${folder.path}`);
  const faults: FaultLine[] = [];
  function recordFault(line: FaultLine): void {
    faults.push(line);
    folder.fault(line);
  }

  const removed: TopicRecord[] = [];
  function recordRemoved(record: TopicRecord): void {
    removed.push(record);
    folder.removed(record);
  }

  say('  starting three brokers and two processes of each service');
  const plan = planFaults({ seed, seconds, pauses: settings.pauses, without: impossible(settings) });
  const setsClocks = plan.flat().some(({ fault }) => fault.startsWith('clock-'));
  const clockLibrary = setsClocks ? findClockLibrary() : undefined;
  const servers = await openServers({ ...settings, clockLibrary, recordMail: folder.mail }, stack);
  const cluster = await openCluster(servers, settings, stack);
  const processes = superviseAll(cluster, (name, lastLines) => {
    const now = new Date().toISOString();
    say(`  ${name} has ended by itself, and is started again; its last lines:\n${lastLines}`);
    recordFault({ at: now, fault: 'ended-by-itself', target: name, until: now });
  });
  stack.defer(() => releaseAll(processes));

  say(`  ${seconds} s of traffic and faults, after ${soFar()} s`);
  const wire = createWire({ url: cluster.url, record: folder.command, nameOf: cluster.nameOf });
  const {
    stop: stopTraffic,
    askFinally,
    readProfiles,
  } = await beginTraffic({ settings, servers, cluster, wire });
  stack.defer(stopTraffic);
  await Promise.all([
    runFaultPlan(plan, {
      faults: createFaults({
        ...servers,
        processes,
        deployment: createDeployment({ cluster, say, recordRemoved }),
      }),
      record: recordFault,
      signal,
    }),
    sleep(seconds * 1000, undefined, { signal }).catch(() => undefined),
  ]);
  await stopTraffic();
  signal.throwIfAborted();

  say(`  calm, after ${soFar()} s`);
  // Publish accounts again whose records were deleted before they were read, as `ops verify` advises.
  const cut = new Set(removed.filter((record) => record.key !== null && !isForged(record)).map(subjectOf));
  for (const account of cut) await insist(() => cluster.ops('republish', '--account', account));
  await untilQuiet(cluster.stores, { withinMs: QUIET_WITHIN_MS, say });
  const traces = await findTraces(cluster.stores, removed);
  await askFinally();
  // The final logins may have caused events and mails.
  const left = await untilQuiet(cluster.stores, { withinMs: QUIET_WITHIN_MS, say });
  const unrest = [
    ...(Object.keys(left).length > 0 ? [`it does not come to rest: ${inWords(left)}`] : []),
    ...(await unreadyOf(cluster)),
    ...(await findingsOf(cluster)),
  ];
  const shown = await readProfiles();
  await folder.close({
    seed,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    shown,
    traces,
    settings: {
      ...serviceSettings(seed),
      FAULTS_SECONDS: seconds,
      FAULTS_RATE: settings.rate,
      FAULTS_MIX: settings.mix,
      FAULTS_PAUSES: settings.pauses,
    },
    minimums: minimumsFor(settings, plan.flat()),
    servers: cluster.stores,
  });
  say(`  check, after ${soFar()} s`);
  const report = await check(folder.path);
  const ok = report.ok && unrest.length === 0;
  const isKept = settings.keep || !ok;
  if (isKept) await keepTraces(folder, cluster);
  else await rm(folder.path, { recursive: true });
  return {
    seed,
    seconds: soFar(),
    ok,
    unrest,
    report,
    faults,
    folder: isKept ? folder.path : undefined,
  };
}

/**
 * Faults that need the proxy, which cannot be used with a replica set because its members refer to each other by
 * address.
 */
const BY_PROXY = ['cut-mongodb', 'fail-write-concern', 'stale-primary', 'full-disk'] as const;

function isReplicaSet(mongoUrl: string): boolean {
  return /[?&]replicaSet=/.test(mongoUrl);
}

/** Returns the faults that this machine cannot cause. */
export function impossible({ mongoControl, mongoUrl }: FaultSettings): readonly FaultKind[] {
  const isSet = isReplicaSet(mongoUrl);
  return [
    ...(mongoControl === undefined ? (['stop-mongodb'] as const) : []),
    ...(isSet ? BY_PROXY : []),
    ...(isSet && mongoControl !== undefined ? [] : (['fail-over-mongodb', 'pause-secondary'] as const)),
    ...(findClockLibrary() === undefined ? (['clock-ahead', 'clock-behind', 'clock-strobe'] as const) : []),
  ];
}

async function openCluster(
  { nodes, mongo, sink, clocks }: Servers,
  { mongoUrl, seed }: FaultSettings,
  stack: AsyncDisposableStack,
): Promise<Cluster> {
  const cluster = await prepareCluster({
    servers: { KAFKA_BROKERS: nodes.brokers.join(), MONGO_URL: mongoUrl },
    settingsOn: ({ MONGO_URL }) => ({
      ...serviceSettings(seed),
      ...sink.settings,
      MONGO_URL: isReplicaSet(mongoUrl) ? MONGO_URL : through(MONGO_URL, mongo.address),
    }),
    settingsOfEach: (service, index) => ({
      ...graceOf(service, index),
      ...ehloNames(service, index),
      ...clocks.settingsOf(nameOfInstance(service, index)),
    }),
  });
  stack.defer(cluster.stop);
  await cluster.start();
  return cluster;
}

function superviseAll(
  { instances }: Cluster,
  onEnd: (name: string, lastLines: string) => void,
): World['processes'] {
  function supervised(service: ServiceName): readonly Supervised[] {
    return instances[service].map((instance, index) =>
      supervise(nameOfInstance(service, index), instance, onEnd),
    );
  }
  return { user: supervised('user'), notifier: supervised('notifier'), auth: supervised('auth') };
}

/**
 * Repeats an ops command until it succeeds.
 * @throws Error of the last attempt
 */
async function insist(command: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await command();
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

/** Returns the processes that are not ready although all faults are healed, as text. */
async function unreadyOf({ instances }: Cluster): Promise<readonly string[]> {
  const all = services.flatMap((service) => instances[service].map((instance) => ({ service, instance })));
  const unready = await Promise.all(
    all.map(async ({ service, instance }) => {
      const reply = await fetch(`${instance.operations}/readyz`, {
        signal: AbortSignal.timeout(READY_WITHIN_MS),
      }).catch(() => undefined);
      return reply?.status === 200
        ? []
        : [`a process of ${service} is not ready: ${reply?.status ?? 'no answer'}`];
    }),
  );
  return unready.flat();
}

function releaseAll(processes: World['processes']): void {
  for (const one of services.flatMap((service) => processes[service])) one.release();
}

interface TrafficNeeds {
  readonly settings: FaultSettings;
  readonly servers: Servers;
  readonly cluster: Cluster;
  readonly wire: Wire;
}

interface RunningTraffic {
  stop(): Promise<void>;
  /** Logs in to every account that was erased, kept or moved, to learn its final state. */
  askFinally(): Promise<void>;
  /**
   * Returns every profile, as an admin reads them through the API.
   * @throws Error if they cannot be read
   */
  readProfiles(): Promise<readonly ShownProfile[]>;
}

/** Starts the traffic, with an admin created by the ops command. */
async function beginTraffic({ settings, servers, cluster, wire }: TrafficNeeds): Promise<RunningTraffic> {
  const { seed, rate, mix } = settings;
  const { letters } = servers.sink;
  const customer = createCustomer({ wire, letters, random: createRandom(seed) });
  const admin = await verifiedPerson(customer);
  await cluster.ops('role', admin.email, 'admin');
  await customer.login(admin);
  const { stop, askFinally } = startTraffic({ seed, rate, mix, admin, wire, letters });
  return {
    stop,
    askFinally,
    readProfiles: async () => {
      await customer.login(admin);
      return readAll(wire, admin);
    },
  };
}

async function readAll(wire: Wire, admin: Person): Promise<readonly ShownProfile[]> {
  const profiles: ShownProfile[] = [];
  let cursor: string | undefined;
  do {
    const { status, body } = await wire.insist(readProfiles(admin, cursor));
    if (status !== 200) throw new Error(`the profiles are not shown: ${status ?? 'no answer'}`);
    profiles.push(...body.users);
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return profiles;
}

/** The findings of `ops verify` about forged records. */
const ABOUT_FORGED: ReadonlySet<string> = new Set(['event-differs', 'event-unknown']);

interface Finding {
  readonly kind: string;
  readonly subject?: string;
  readonly message: string;
}

/**
 * Returns the findings of `ops verify` after all faults are healed, as text, except the expected ones about forged
 * records.
 */
async function findingsOf({ ops, stores }: Cluster): Promise<readonly string[]> {
  try {
    await ops('verify', '--json');
    return [];
  } catch (error) {
    const { stdout = '', message } = error as Error & { readonly stdout?: string };
    if (!stdout.startsWith('{')) return [`ops verify: ${message}`];
    const { findings, found }: { findings: readonly Finding[]; found: number } = JSON.parse(stdout);
    const records = await readRecords(stores.KAFKA_BROKERS);
    const forged = new Set(records.filter(isForged).map(subjectOf));
    const others = findings.filter(
      ({ kind, subject = '' }) => !(ABOUT_FORGED.has(kind) && forged.has(subject)),
    );
    return [
      ...others.map(({ kind, subject, message: what }) => `ops verify: ${kind} ${subject ?? ''}: ${what}`),
      ...(found > findings.length ? [`ops verify: ${found} findings`] : []),
    ];
  }
}

/**
 * Saves everything that would disappear with the servers: the content of the stores, and the output of every process.
 */
async function keepTraces({ path }: RunFolder, { instances, stores }: Cluster): Promise<void> {
  const at = new Date();
  await writeFile(join(path, 'stores.json'), JSON.stringify({ at, ...(await readStores(stores)) }));
  for (const service of services)
    for (const [index, instance] of instances[service].entries())
      await writeFile(join(path, `${nameOfInstance(service, index)}.log`), instance.output());
}
