/** A cluster: three brokers, MongoDB, and two processes of each service. */
import {
  type Cluster,
  formatInstanceName,
  prepareCluster,
  type ServiceName,
  serviceNames,
} from '../../support/cluster.ts';
import { getStreamId } from '../../support/kcat.ts';
import { withMongoAddress } from '../../support/mongo-url.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import type { Settings } from '../../support/system.ts';
import { findTracesInCluster } from '../checker/find-traces.ts';
import { isForged } from '../checker/forged-rules.ts';
import type { TopicRecord } from '../checker/stored.ts';
import { createOperatorActions, HALF_STARTED_NOTIFIER_NAME } from '../nemesis/deployment.ts';
import { type ClusterFaultTargets, createClusterFaults } from '../nemesis/faults.ts';
import { ALL_CLIENTS_TARGET, createHitCounter } from '../nemesis/hits.ts';
import { type ClusterFault, planFaults } from '../nemesis/schedule.ts';
import { createStartGate } from '../nemesis/start-gate.ts';
import { type SupervisedProcess, type SupervisorOptions, superviseProcess } from '../nemesis/supervisor.ts';
import { countWorkAtBothTargets } from '../nemesis/work.ts';
import { waitUntilIdle } from '../quiescence.ts';
import type { ReadModelRestoreFindings } from '../run-folder.ts';
import type { FaultSettings } from '../settings.ts';
import { countAccountsWithUnprocessedEvents } from './behind.ts';
import { findClockLibrary } from './clocks.ts';
import { readReplacedRows } from './data-folder.ts';
import { rebuildRestoredReadModel } from './restore-read-model.ts';
import { openServersOfRun, type ServersOfRun } from './servers.ts';
import { createEhloNameSettings } from './sink.ts';
import { openSubscribers, type Subscribers, WEBHOOK_SETTINGS } from './subscribers.ts';
import {
  createExitReporter,
  createServiceSettings,
  mapRecordedNamesToSenders,
  type SystemOptions,
  type SystemUnderTest,
} from './under-test.ts';

const TRIES = 5;
/**
 * How long to wait until the user service has read all records, in ms. Only then is the read model compared
 * with the journal.
 */
const QUIET_WITHIN_MS = 120_000;

/** The standalone that is moved to a cluster. The cluster takes over its data and its clients. */
interface FormerSystem {
  /** The base URL of the API, which the cluster takes over. */
  readonly url: string;
  readonly subscribers: Subscribers;
  /** Stops the standalone and its load balancer. Called once the servers of the cluster are running. */
  stop(): Promise<void>;
  /**
   * Moves the data and the secrets of the standalone to a cluster. The topics and indexes of the cluster must
   * exist, and its processes must not run yet.
   */
  moveTo(cluster: Cluster): Promise<void>;
}

/**
 * Starts the servers and the processes of a cluster, and resolves once all of them are ready. Adds everything
 * that it starts to the stack.
 * @param former the standalone to move to the cluster; without it, the cluster begins without data
 */
export async function openCluster(
  options: SystemOptions,
  stack: AsyncDisposableStack,
  former?: FormerSystem,
): Promise<SystemUnderTest> {
  const { settings, say, work, sink, recordRemoved } = options;
  say('  starting three brokers and two processes of each service');
  const { seed, seconds, pauses } = settings;
  const plan = planFaults({ seed, seconds, pauses, without: findUnsupportedClusterFaults(settings) });
  const setsClocks = plan.flat().some(({ fault }) => fault.startsWith('clock-'));
  const clockLibrary = setsClocks ? findClockLibrary() : undefined;
  const servers = await openServersOfRun({ ...settings, clockLibrary, work }, stack);
  await former?.stop();
  const cluster = await prepareServices(servers, { options, port: portOf(former) }, stack);
  await former?.moveTo(cluster);
  await cluster.start();
  const gate = createStartGate();
  const processes = superviseAll(cluster, { onEnd: createExitReporter(options), gate });
  stack.defer(() => releaseAll(processes));

  const subscribers =
    former?.subscribers ??
    (await openSubscribers(
      { ...cluster, brokers: cluster.stores.KAFKA_BROKERS, record: options.recordReceived },
      stack,
    ));
  const removed: TopicRecord[] = [];
  const deployment = createOperatorActions({
    cluster,
    gate,
    say,
    recordRemoved: (record) => {
      removed.push(record);
      recordRemoved(record);
    },
  });
  return {
    url: cluster.url,
    stores: cluster.stores,
    processes: new Map(serviceNames.flatMap((service) => listInstancesWithNames(cluster, service))),
    readers: new Map(listInstancesWithNames(cluster, 'user')),
    inboxes: sink.inboxes,
    subscribers,
    plan,
    faults: createClusterFaults({
      ...servers,
      sink,
      processes,
      deployment,
      subscriber: subscribers.process,
      endpoint: subscribers.endpoint,
    }),
    countHits: createHitCounter({
      work,
      behind: async (consumer) =>
        consumer === 'subscriber'
          ? subscribers.behind()
          : countAccountsWithUnprocessedEvents(cluster.stores.MONGO_URL, consumer),
    }),
    senders: () =>
      mapRecordedNamesToSenders([
        ...listInstancesWithNames(cluster, 'notifier'),
        ...deployment.halfStartedNotifiers.map((instance) => [HALF_STARTED_NOTIFIER_NAME, instance] as const),
      ]),
    nameOf: cluster.nameOf,
    ops: cluster.ops,
    // Publish again the events of the accounts whose records were deleted before they were read, as `ops
    // verify` advises.
    repair: async () => {
      const cut = new Set(
        removed.filter((record) => record.key !== null && !isForged(record)).map(getStreamId),
      );
      for (const account of cut) await insist(() => cluster.ops('republish', '--account', account));
      return deployment.isReadModelRestored() ? repairReadModel(cluster, say) : undefined;
    },
    findTraces: async () => {
      const { commits: replaced } = await readReplacedRows(options.replacedRowsFile);
      return await findTracesInCluster(cluster.stores, { removed, replaced });
    },
  };
}

function portOf(former: FormerSystem | undefined): number | undefined {
  return former === undefined ? undefined : Number(new URL(former.url).port);
}

/** Returns the processes of a service together with their names, such as `auth-1`. */
export function listInstancesWithNames(
  { instances }: Pick<Cluster, 'instances'>,
  service: ServiceName,
): readonly (readonly [name: string, instance: ServerProcess])[] {
  return instances[service].map((instance, index) => [formatInstanceName(service, index), instance] as const);
}

/**
 * Returns the grace period of erasures for a process. The process that accepts the request for an erasure
 * determines the grace period. One auth process has no grace period, and the other has a week, so that a run
 * has erasures of both kinds.
 */
function graceOf(service: ServiceName, index: number): Settings {
  return service === 'auth' ? { ERASURE_GRACE_DAYS: index === 0 ? '0' : '7' } : {};
}

/**
 * Faults that need the proxy in front of MongoDB. They are not possible with a replica set, because the
 * driver bypasses the proxy: it connects to the addresses that the members report.
 */
const BY_PROXY = ['cut-mongodb', 'fail-write-concern', 'stale-primary', 'full-disk'] as const;

function isReplicaSet(mongoUrl: string): boolean {
  return /[?&]replicaSet=/.test(mongoUrl);
}

/** Returns the faults that this machine cannot cause. */
export function findUnsupportedClusterFaults({
  mongoControl,
  mongoUrl,
}: FaultSettings): readonly ClusterFault[] {
  const isSet = isReplicaSet(mongoUrl);
  return [
    ...(mongoControl === undefined ? (['stop-mongodb'] as const) : []),
    ...(isSet ? BY_PROXY : []),
    ...(isSet && mongoControl !== undefined ? [] : (['fail-over-mongodb', 'pause-secondary'] as const)),
    ...(findClockLibrary() === undefined ? (['clock-ahead', 'clock-behind', 'clock-strobe'] as const) : []),
  ];
}

async function prepareServices(
  { nodes, mongo, clocks }: ServersOfRun,
  { options, port }: { readonly options: SystemOptions; readonly port: number | undefined },
  stack: AsyncDisposableStack,
): Promise<Cluster> {
  const { settings, work, sink } = options;
  const { mongoUrl, seed } = settings;
  const cluster = await prepareCluster({
    ...(port !== undefined && { port }),
    servers: { KAFKA_BROKERS: nodes.brokers.join(), MONGO_URL: mongoUrl },
    opsSettings: WEBHOOK_SETTINGS,
    beginRequest: (name) => countWorkAtBothTargets(work(ALL_CLIENTS_TARGET), work(name)),
    settingsOn: ({ MONGO_URL }) => ({
      ...createServiceSettings(seed),
      ...WEBHOOK_SETTINGS,
      ...sink.settings,
      MONGO_URL: isReplicaSet(mongoUrl) ? MONGO_URL : withMongoAddress(MONGO_URL, mongo.address),
    }),
    settingsOfEach: (service, index) => ({
      ...graceOf(service, index),
      ...createEhloNameSettings(formatInstanceName(service, index)),
      ...clocks.settingsOf(formatInstanceName(service, index)),
    }),
  });
  stack.defer(cluster.stop);
  // Run ops commands as processes, so that they do not delay the clients and the faults of this process.
  return { ...cluster, ops: cluster.opsWith(cluster.opsSettings) };
}

function superviseAll({ instances }: Cluster, options: SupervisorOptions): ClusterFaultTargets['processes'] {
  function supervised(service: ServiceName): readonly SupervisedProcess[] {
    return instances[service].map((instance, index) =>
      superviseProcess(formatInstanceName(service, index), instance, options),
    );
  }
  return { user: supervised('user'), notifier: supervised('notifier'), auth: supervised('auth') };
}

function releaseAll(processes: ClusterFaultTargets['processes']): void {
  for (const one of serviceNames.flatMap((service) => processes[service])) one.release();
}

/** Rebuilds a restored read model. @returns what `ops verify` has found before the rebuild */
async function repairReadModel(
  { stores, ops }: Cluster,
  say: (line: string) => void,
): Promise<ReadModelRestoreFindings> {
  await waitUntilIdle(stores, { withinMs: QUIET_WITHIN_MS, say });
  return await rebuildRestoredReadModel({ stores, ops });
}

/**
 * Repeats an ops command until it succeeds, at most TRIES times.
 * @throws the error of the last attempt
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
