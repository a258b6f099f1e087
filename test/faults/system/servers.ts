/** The servers of a run: three brokers and MongoDB, each behind a proxy. */
import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { type KafkaNodes, startKafkaNodes } from '@latchkey/bus/testing';
import { formatInstanceName, serviceNames } from '../../support/cluster.ts';
import { getFirstMongoServer } from '../../support/mongo-url.ts';
import type { GetWorkCounter } from '../nemesis/work.ts';
import { type Clocks, createFaketimeClocks } from './clocks.ts';
import { createKafkaProxy, type KafkaProxy } from './kafka-proxy.ts';
import { createMongoProxy, type MongoProxy } from './mongo-proxy.ts';

/**
 * The arguments with which the shell command MONGO_CONTROL may be called. The last three are used only with a
 * replica set.
 */
export type MongoControlCommand = 'stop' | 'start' | 'failover' | 'pause-secondary' | 'resume-secondary';

export interface ServersOfRun {
  readonly nodes: KafkaNodes;
  /** The proxies in front of the brokers, one per broker. */
  readonly proxies: readonly KafkaProxy[];
  readonly mongo: MongoProxy;
  mongoControl(command: MongoControlCommand): Promise<void>;
  readonly clocks: Clocks;
}

export interface ServersOptions {
  readonly mongoUrl: string;
  readonly mongoControl: string | undefined;
  /** The path of libfaketime; undefined if the run does not set clocks. */
  readonly clockLibrary: string | undefined;
  readonly work: GetWorkCounter;
}

/**
 * Settings with which every record is stored on all three brokers, and acknowledged once two brokers have it.
 */
const REPLICATION = { factor: 3, minInSync: 2 } as const;

const INSTANCES = serviceNames.flatMap((service) =>
  [0, 1].map((index) => formatInstanceName(service, index)),
);

/**
 * Starts the servers of a run. Adds each server to the stack immediately, so that it is closed even if a
 * later step fails.
 */
export async function openServersOfRun(
  options: ServersOptions,
  stack: AsyncDisposableStack,
): Promise<ServersOfRun> {
  const { mongoUrl, mongoControl, clockLibrary, work } = options;
  const proxies: KafkaProxy[] = [];
  stack.defer(async () => void (await Promise.all(proxies.map((proxy) => proxy.close()))));
  const nodes = await startKafkaNodes(REPLICATION, {
    advertise: async (port) => {
      const proxy = await createKafkaProxy(port, { produces: work(`broker-${proxies.length + 1}`) });
      proxies.push(proxy);
      return proxy.port;
    },
  });
  stack.defer(nodes.close);
  const mongo = await createMongoProxy(getFirstMongoServer(mongoUrl), work('mongodb'));
  stack.defer(mongo.cut);
  await mongo.mend();
  return {
    nodes,
    proxies,
    mongo,
    mongoControl: async (command) => void (await promisify(exec)(`${mongoControl} ${command}`)),
    clocks: await createFaketimeClocks(clockLibrary, INSTANCES, stack),
  };
}
