/** How each fault is caused in a running system, and how it is healed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaNodes } from '@latchkey/bus/testing';
import { type ServiceName, serviceNames } from '../../support/cluster.ts';
import type { Readiness } from '../run-folder.ts';
import type { Clocks } from '../system/clocks.ts';
import type { KafkaProxy, KafkaProxyMode } from '../system/kafka-proxy.ts';
import type { MongoProxy, MongoProxyMode } from '../system/mongo-proxy.ts';
import type { MongoControlCommand } from '../system/servers.ts';
import type { MailSink, MailSinkMode } from '../system/sink.ts';
import type { SmallDisk } from '../system/small-disk.ts';
import type { RestartedProcess } from '../system/subscribers.ts';
import { HALF_STARTED_NOTIFIER_NAME, type OperatorActions } from './deployment.ts';
import { FORGERY_NAMES } from './forger.ts';
import type { Fault, FaultsByKind, HealFault } from './nemesis.ts';
import type { StandaloneFault } from './schedule.ts';
import type { SupervisedProcess } from './supervisor.ts';

/** The parts of a system that faults can hit. */
export interface ClusterFaultTargets {
  readonly processes: Readonly<Record<ServiceName, readonly SupervisedProcess[]>>;
  readonly nodes: Pick<KafkaNodes, 'kill' | 'restart'>;
  /** The proxies in front of the brokers, one per broker. */
  readonly proxies: readonly KafkaProxy[];
  /** The proxy between MongoDB and all services. */
  readonly mongo: MongoProxy;
  /** Stops and starts MongoDB itself, or the members of a replica set. */
  mongoControl(command: MongoControlCommand): Promise<void>;
  readonly sink: Pick<MailSink, 'setMode'>;
  readonly clocks: Pick<Clocks, 'set'>;
  readonly deployment: OperatorActions;
  readonly subscriber: RestartedProcess;
  /** The id of the webhook endpoint to which a redrive sends events again. */
  readonly endpoint: string;
}

const SLOW_BY_MS = 700;
/**
 * How long the relay's commits are held back before the fault, in ms, so that its next send contains records
 * of several partitions.
 */
const GATHER_MS = 1_500;
const SEND_WITHIN_MS = 3_000;
/**
 * How far a clock is shifted, in seconds. The shift is less than a minute, because users must not notice a
 * clock error of less than one minute (docs/operating.md).
 */
const SKEW_SECONDS = 45;
/**
 * How far back a redrive goes, in ms. The redrive sends the events of this period to a webhook endpoint
 * again.
 */
const REDRIVEN_MS = 60_000;
/**
 * The time between two jumps of a clock, in ms. The time is longer than one second, because a process takes
 * up to a second to notice a change of its clock file.
 */
const STROBE_MS = 1_500;

/** Returns, for each kind of fault of a cluster, how the fault is caused and healed. */
export function createClusterFaults(world: ClusterFaultTargets): FaultsByKind {
  const { processes, nodes, proxies, mongo, mongoControl, sink, clocks, deployment, subscriber } = world;
  const names = serviceNames.flatMap((service) => processes[service].map(({ name }) => name));

  function ofBroker(begin: Fault['begin']): Fault {
    return { target: (index) => `broker-${index + 1}`, begin };
  }

  function killBroker(index: number) {
    nodes.kill(index + 1);
    return () => nodes.restart(index + 1);
  }

  async function killInSend(index: number) {
    const held = proxies.map((proxy) => proxy.hold());
    await sleep(GATHER_MS);
    const sent = nth(proxies, index).nextProduce(AbortSignal.timeout(SEND_WITHIN_MS));
    for (const letGo of held) letGo();
    await sent;
    return killBroker(index);
  }

  function mode(kind: KafkaProxyMode): Fault {
    return ofBroker(async (index) => {
      nth(proxies, index).setMode(kind);
      return async () => nth(proxies, index).setMode({ kind: 'clear' });
    });
  }

  function ofMongo(begin: Fault['begin']): Fault {
    return { target: () => 'mongodb', begin };
  }

  function mongoMode(bad: MongoProxyMode): Fault {
    return ofMongo(async () => {
      mongo.setMode(bad);
      return async () => mongo.setMode('clear');
    });
  }

  return {
    'kill-auth': kill(processes.auth),
    'kill-user': kill(processes.user),
    'kill-notifier': kill(processes.notifier),
    'pause-auth': pause(processes.auth),
    'pause-user': pause(processes.user),
    'pause-notifier': pause(processes.notifier),
    'pause-notifier-past-lease': pause(processes.notifier),
    'kill-broker': ofBroker(async (index) => killBroker(index)),
    'kill-leader-in-send': ofBroker(killInSend),
    'cut-broker': ofBroker(async (index) => {
      await nth(proxies, index).cut();
      return nth(proxies, index).mend;
    }),
    'slow-broker': mode({ kind: 'slow', ms: SLOW_BY_MS }),
    'lose-produce-answers': mode({ kind: 'lose-produce-answers' }),
    'swallow-produce-answers': mode({ kind: 'swallow-produce-answers' }),
    'stop-mongodb': ofMongo(async () => {
      await mongoControl('stop');
      return () => mongoControl('start');
    }),
    'cut-mongodb': ofMongo(async () => {
      await mongo.cut();
      return mongo.mend;
    }),
    'fail-over-mongodb': ofMongo(async () => {
      await mongoControl('failover');
      return async () => undefined;
    }),
    'pause-secondary': ofMongo(async () => {
      await mongoControl('pause-secondary');
      return () => mongoControl('resume-secondary');
    }),
    'fail-write-concern': mongoMode('fails-write-concern'),
    'stale-primary': mongoMode('is-stale'),
    'full-disk': mongoMode('is-full'),
    ...clockFaults(clocks, names),
    'half-started-deployments': {
      target: () => `deployment ${HALF_STARTED_NOTIFIER_NAME}`,
      begin: async () => deployment.startHalf(),
    },
    'second-system': { target: () => 'neighbour', begin: async () => deployment.startNeighbour() },
    'add-partitions': {
      target: () => 'topic',
      begin: async () => healedAtOnce(await deployment.addPartitions()),
    },
    'cut-off-topic': {
      target: (index) => `topic partition-${index}`,
      begin: async (index) => healedAtOnce(await deployment.cutOff(index, processes.user)),
    },
    'restore-read-model': {
      target: () => 'read-model',
      begin: async () => healedAtOnce(await deployment.restoreReadModel(processes.user)),
    },
    'forge-records': {
      target: (index) => `topic ${nth(FORGERY_NAMES, index)}`,
      begin: async (index) => healedAtOnce(await deployment.forge(index)),
    },
    ...operatorFaults(deployment.operate),
    ...subscriberFaults(subscriber, world.endpoint, deployment.operate),
    'ops-republish': {
      target: () => 'ops-republish',
      begin: async () => healedAtOnce(await deployment.republishSome()),
    },
    ...mailFaults(sink),
  };
}

/** The parts of a standalone that faults can hit. */
export interface StandaloneFaultTargets {
  readonly process: SupervisedProcess;
  readonly sink: Pick<MailSink, 'setMode'>;
  readonly clocks: Pick<Clocks, 'set'>;
  readonly subscriber: RestartedProcess;
  /** The disk of the data folder. */
  readonly disk: SmallDisk;
  /** The id of the webhook endpoint to which a redrive sends events again. */
  readonly endpoint: string;
  /**
   * Watches the endpoint /readyz of the standalone.
   * @returns a function that ends the watch, and returns what /readyz has reported
   */
  watchReadiness(): () => Promise<Readiness>;
  /** Runs an ops command on the data folder. */
  operate(...words: readonly string[]): Promise<boolean>;
}

/** Returns, for each kind of fault of a standalone, how the fault is caused and healed. */
export function createStandaloneFaults(world: StandaloneFaultTargets): FaultsByKind<StandaloneFault> {
  const { process, sink, clocks, disk, endpoint, watchReadiness, operate } = world;
  return {
    'kill-standalone': kill([process]),
    'pause-standalone': pause([process]),
    'full-disk': {
      target: () => 'disk',
      begin: async () => {
        await disk.fill();
        return disk.free;
      },
      watch: watchReadiness,
    },
    ...mailFaults(sink),
    ...clockFaults(clocks, [process.name]),
    ...operatorFaults(operate),
    ...subscriberFaults(world.subscriber, endpoint, operate),
  };
}

function subscriberFaults(
  subscriber: RestartedProcess,
  endpoint: string,
  operate: (...words: readonly string[]) => Promise<boolean>,
) {
  return {
    'kill-subscriber': {
      target: () => 'subscriber',
      begin: async () => {
        await subscriber.kill();
        return async () => subscriber.start();
      },
    },
    'ops-redrive': {
      target: () => 'ops-redrive',
      begin: async () => {
        const since = new Date(Date.now() - REDRIVEN_MS).toISOString();
        return healedAtOnce(await operate('webhooks', 'redrive', endpoint, '--since', since));
      },
    },
  } as const satisfies Readonly<Record<string, Fault>>;
}

/**
 * Returns a function that does nothing, for a fault that needs no healing because it has no lasting effect.
 * Returns undefined if the fault could not be caused.
 */
function healedAtOnce(isDone: boolean): HealFault | undefined {
  return isDone ? async () => undefined : undefined;
}

function kill(processes: readonly SupervisedProcess[]): Fault {
  return {
    target: (index) => nth(processes, index).name,
    begin: async (index) => {
      const hit = nth(processes, index);
      await hit.kill();
      return async () => hit.start();
    },
  };
}

function pause(processes: readonly SupervisedProcess[]): Fault {
  return {
    target: (index) => nth(processes, index).name,
    begin: async (index) => {
      const hit = nth(processes, index);
      hit.pause();
      return async () => hit.resume();
    },
  };
}

function mailFaults({ setMode }: Pick<MailSink, 'setMode'>) {
  function mail(bad: MailSinkMode): Fault {
    return {
      target: () => 'smtp',
      begin: async () => {
        await setMode(bad);
        return () => setMode('takes');
      },
    };
  }
  return {
    'smtp-refuses': mail('refuses'),
    'smtp-stalls': mail('stalls'),
    'smtp-stalls-past-timeouts': mail('stalls'),
    'smtp-4xx': mail('answers-4xx'),
    'smtp-5xx': mail('answers-5xx'),
    'smtp-closes-after-data': mail('closes-after-data'),
    'smtp-loses-250': mail('loses-250'),
  } as const;
}

function operatorFaults(operate: (...words: readonly string[]) => Promise<boolean>) {
  function operator(name: string, ...words: readonly string[]): Fault {
    return {
      target: () => name,
      begin: async () => healedAtOnce(await operate(...words)),
    };
  }
  return {
    'ops-verify': operator('ops-verify', 'verify'),
    'ops-rebuild': operator('ops-rebuild', 'rebuild', 'user'),
    'ops-rebuild-back': operator('ops-rebuild-back', 'rebuild', 'user', '--back'),
    'ops-parked-retry': operator('ops-parked-retry', 'parked', 'retry', '--all'),
  } as const;
}

function clockFaults(clocks: Pick<Clocks, 'set'>, names: readonly string[]) {
  /**
   * Creates a fault that sets the clock of a process. The target has the name `clock-of-…`, because the
   * checker would accept a fault with the name of the process as the cause of everything that the process
   * fails to do.
   */
  function clock(begin: (name: string) => Promise<HealFault>): Fault {
    return { target: (index) => `clock-of-${nth(names, index)}`, begin: (index) => begin(nth(names, index)) };
  }

  function skewed(offsetSeconds: number): Fault {
    return clock(async (name) => {
      await clocks.set(name, offsetSeconds);
      return () => clocks.set(name, 0);
    });
  }

  async function strobed(name: string, signal: AbortSignal): Promise<void> {
    for (let ahead = true; !signal.aborted; ahead = !ahead) {
      await clocks.set(name, ahead ? SKEW_SECONDS : -SKEW_SECONDS);
      await sleep(STROBE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    'clock-ahead': skewed(SKEW_SECONDS),
    'clock-behind': skewed(-SKEW_SECONDS),
    'clock-strobe': clock(async (name) => {
      const stopping = new AbortController();
      const strobe = strobed(name, stopping.signal);
      return async () => {
        stopping.abort();
        await strobe;
        await clocks.set(name, 0);
      };
    }),
  } as const;
}

function nth<T>(all: readonly T[], index: number): T {
  const one = all[index];
  if (one === undefined) throw new RangeError(`there is no number ${index}`);
  return one;
}
