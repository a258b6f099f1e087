/** One run: a system on its own servers, traffic and faults, rest, and the check. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, prepareCluster, type ServiceName, services } from '../support/cluster.ts';
import { through } from '../support/mongo-url.ts';
import { check, type Report } from './checker/check.ts';
import { readStores } from './checker/read-stores.ts';
import { createFaults, type World } from './nemesis/faults.ts';
import { unleash } from './nemesis/nemesis.ts';
import { type FaultKind, planFaults } from './nemesis/schedule.ts';
import { type Supervised, supervise } from './nemesis/supervisor.ts';
import { inWords, untilQuiet } from './quiescence.ts';
import { createRandom } from './random.ts';
import { createRunFolder, type FaultLine, type RunFolder } from './run-folder.ts';
import type { FaultSettings } from './settings.ts';
import { openServers, type Servers } from './system/servers.ts';
import { createCustomer } from './traffic/customer.ts';
import { startTraffic, verifiedPerson } from './traffic/traffic.ts';
import { createWire, type Wire } from './traffic/wire.ts';

export interface RunResult {
  readonly seed: number;
  readonly seconds: number;
  /** Whether every promise was kept. */
  readonly ok: boolean;
  /** What has not come to rest, as text. */
  readonly unrest: readonly string[];
  readonly report: Report;
  readonly faults: readonly FaultLine[];
  /** Kept if something was wrong. */
  readonly folder: string | undefined;
}

export interface RunDeps {
  say(line: string): void;
  /** Ends the run early, without a check. */
  readonly signal: AbortSignal;
}

/** No limits, because all traffic comes from one address. Links expire after the shortest time there is. */
const SERVICE_SETTINGS = {
  LIMITS: 'off',
  LIMIT_MAILS_PER_ADDRESS: '1000000',
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: '1000000',
  RESET_TOKEN_EXPIRATION_MINUTES: '10',
} as const;

/** Longer than the lease of a mail whose sender died, and than the backoff of one that was refused a few times. */
const QUIET_WITHIN_MS = 300_000;
const READY_WITHIN_MS = 10_000;

/** @throws Error if the system or its servers do not start, or the run was ended early */
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

  say('  starting three brokers and two processes of each service');
  const servers = await openServers({ ...settings, recordMail: folder.mail }, stack);
  const cluster = await openCluster(servers, settings, stack);
  const processes = superviseAll(cluster, (name, lastLines) => {
    const now = new Date().toISOString();
    say(`  ${name} has ended by itself, and is started again; its last lines:\n${lastLines}`);
    recordFault({ at: now, fault: 'ended-by-itself', target: name, until: now });
  });
  stack.defer(() => releaseAll(processes));

  say(`  ${seconds} s of traffic and faults, after ${soFar()} s`);
  const wire = createWire(cluster.url, folder.command);
  const stopTraffic = await beginTraffic({ settings, servers, cluster, wire });
  stack.defer(stopTraffic);
  await Promise.all([
    unleash(planFaults({ seed, seconds, pauses: settings.pauses, without: impossible(settings) }), {
      faults: createFaults({ ...servers, processes }),
      record: recordFault,
      signal,
    }),
    sleep(seconds * 1000, undefined, { signal }).catch(() => undefined),
  ]);
  await stopTraffic();
  signal.throwIfAborted();

  say(`  calm, after ${soFar()} s`);
  const left = await untilQuiet(cluster.stores, { withinMs: QUIET_WITHIN_MS, say });
  const unrest = [
    ...(Object.keys(left).length > 0 ? [`it does not come to rest: ${inWords(left)}`] : []),
    ...(await unreadyOf(cluster)),
  ];
  await folder.close({
    seed,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    settings: {
      ...SERVICE_SETTINGS,
      FAULTS_SECONDS: seconds,
      FAULTS_RATE: settings.rate,
      FAULTS_MIX: settings.mix,
      FAULTS_PAUSES: settings.pauses,
    },
    servers: cluster.stores,
  });
  say(`  check, after ${soFar()} s`);
  const report = await check(folder.path);
  const ok = report.ok && unrest.length === 0;
  if (ok) await rm(folder.path, { recursive: true });
  else await keepTraces(folder, cluster);
  return {
    seed,
    seconds: soFar(),
    ok,
    unrest,
    report,
    faults,
    folder: ok ? undefined : folder.path,
  };
}

/** Returns the faults that this machine cannot cause. */
export function impossible({ mongoControl }: FaultSettings): readonly FaultKind[] {
  return mongoControl === undefined ? ['stop-mongodb'] : [];
}

async function openCluster(
  { nodes, mongoCable, sink }: Servers,
  { mongoUrl }: FaultSettings,
  stack: AsyncDisposableStack,
): Promise<Cluster> {
  const cluster = await prepareCluster({
    servers: { KAFKA_BROKERS: nodes.brokers.join(), MONGO_URL: mongoUrl },
    settingsOn: ({ MONGO_URL }) => ({
      ...SERVICE_SETTINGS,
      ...sink.settings,
      MONGO_URL: through(MONGO_URL, mongoCable.address),
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
    return instances[service].map((instance, index) => supervise(`${service}-${index + 1}`, instance, onEnd));
  }
  return { user: supervised('user'), notifier: supervised('notifier'), auth: supervised('auth') };
}

/** Returns, as text, which processes are not ready although everything is healed. */
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

/** Starts the traffic, with an admin who was created by the ops command. @returns what stops it */
async function beginTraffic({
  settings,
  servers,
  cluster,
  wire,
}: TrafficNeeds): Promise<() => Promise<void>> {
  const { seed, rate, mix } = settings;
  const { letters } = servers.sink;
  const customer = createCustomer({ wire, letters, random: createRandom(seed) });
  const admin = await verifiedPerson(customer);
  await cluster.ops('role', admin.email, 'admin');
  await customer.login(admin);
  return startTraffic({ seed, rate, mix, admin, wire, letters }).stop;
}

/** Keeps what disappears with the servers: everything that is stored, and the output of every process. */
async function keepTraces({ path }: RunFolder, { instances, stores }: Cluster): Promise<void> {
  await writeFile(join(path, 'stores.json'), JSON.stringify(await readStores(stores)));
  for (const service of services)
    for (const [index, instance] of instances[service].entries())
      await writeFile(join(path, `${service}-${index + 1}.log`), instance.output());
}
