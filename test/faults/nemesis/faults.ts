/** What each fault does to a running system, and how it is healed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaNodes } from '@latchkey/bus/testing';
import type { Cable } from '../../support/cable.ts';
import type { ServiceName } from '../../support/cluster.ts';
import type { KafkaProxy, ProxyMood } from '../system/kafka-proxy.ts';
import type { Sink, SinkMood } from '../system/sink.ts';
import type { Fault, Faults } from './nemesis.ts';
import type { Supervised } from './supervisor.ts';

/** What faults can hit. */
export interface World {
  readonly processes: Readonly<Record<ServiceName, readonly Supervised[]>>;
  readonly nodes: Pick<KafkaNodes, 'kill' | 'restart'>;
  /** By node. */
  readonly proxies: readonly KafkaProxy[];
  /** The proxy between all services and MongoDB. */
  readonly mongoCable: Cable;
  /** Stops and starts MongoDB itself. */
  mongoControl(word: 'stop' | 'start'): Promise<void>;
  readonly sink: Pick<Sink, 'setMood'>;
}

const SLOW_BY_MS = 700;
/** How long commits are delayed before a fault, so that the next send goes to several partitions. */
const GATHER_MS = 1_500;
const SEND_WITHIN_MS = 3_000;

export function createFaults(world: World): Faults {
  const { processes, nodes, proxies, mongoCable, mongoControl, sink } = world;

  function kill(service: ServiceName): Fault {
    return {
      target: (index) => nth(processes[service], index).name,
      begin: async (index) => {
        const hit = nth(processes[service], index);
        await hit.kill();
        return async () => hit.start();
      },
    };
  }

  function pause(service: ServiceName): Fault {
    return {
      target: (index) => nth(processes[service], index).name,
      begin: async (index) => {
        const hit = nth(processes[service], index);
        hit.pause();
        return async () => hit.resume();
      },
    };
  }

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

  function mood(kind: ProxyMood): Fault {
    return ofBroker(async (index) => {
      nth(proxies, index).setMood(kind);
      return async () => nth(proxies, index).setMood({ kind: 'clear' });
    });
  }

  function ofMongo(begin: Fault['begin']): Fault {
    return { target: () => 'mongodb', begin };
  }

  function mail(bad: SinkMood): Fault {
    return {
      target: () => 'smtp',
      begin: async () => {
        await sink.setMood(bad);
        return () => sink.setMood('takes');
      },
    };
  }

  return {
    'kill-auth': kill('auth'),
    'kill-user': kill('user'),
    'kill-notifier': kill('notifier'),
    'pause-auth': pause('auth'),
    'pause-user': pause('user'),
    'pause-notifier': pause('notifier'),
    'pause-notifier-past-lease': pause('notifier'),
    'kill-broker': ofBroker(async (index) => killBroker(index)),
    'kill-leader-in-send': ofBroker(killInSend),
    'cut-broker': ofBroker(async (index) => {
      await nth(proxies, index).cut();
      return nth(proxies, index).mend;
    }),
    'slow-broker': mood({ kind: 'slow', ms: SLOW_BY_MS }),
    'lose-produce-answers': mood({ kind: 'lose-produce-answers' }),
    'swallow-produce-answers': mood({ kind: 'swallow-produce-answers' }),
    'stop-mongodb': ofMongo(async () => {
      await mongoControl('stop');
      return () => mongoControl('start');
    }),
    'cut-mongodb': ofMongo(async () => {
      await mongoCable.cut();
      return mongoCable.mend;
    }),
    'smtp-refuses': mail('refuses'),
    'smtp-stalls': mail('stalls'),
    'smtp-stalls-past-timeouts': mail('stalls'),
    'smtp-4xx': mail('answers-4xx'),
    'smtp-5xx': mail('answers-5xx'),
    'smtp-closes-after-data': mail('closes-after-data'),
    'smtp-loses-250': mail('loses-250'),
  };
}

function nth<T>(all: readonly T[], index: number): T {
  const one = all[index];
  if (one === undefined) throw new RangeError(`there is no number ${index}`);
  return one;
}
