/** The servers of a run: three brokers, each behind a proxy, MongoDB behind a proxy, and a mail server. */
import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { type KafkaNodes, startKafkaNodes } from '@latchkey/bus/testing';
import { type Cable, cableTo } from '../../support/cable.ts';
import { serverOf } from '../../support/mongo-url.ts';
import type { MailLine } from '../run-folder.ts';
import { type KafkaProxy, kafkaProxyTo } from './kafka-proxy.ts';
import { openSink, type Sink } from './sink.ts';

export interface Servers {
  readonly nodes: KafkaNodes;
  /** By node. */
  readonly proxies: readonly KafkaProxy[];
  readonly mongoCable: Cable;
  mongoControl(word: 'stop' | 'start'): Promise<void>;
  readonly sink: Sink;
}

export interface ServersOptions {
  readonly mongoUrl: string;
  readonly mongoControl: string | undefined;
  recordMail(line: MailLine): void;
}

/** Every record is on all three brokers, and acknowledged by two. */
const REPLICATION = { factor: 3, minInSync: 2 } as const;

/** Everything that is opened is closed with the stack, even if a later step fails. */
export async function openServers(options: ServersOptions, stack: AsyncDisposableStack): Promise<Servers> {
  const { mongoUrl, mongoControl, recordMail } = options;
  const proxies: KafkaProxy[] = [];
  stack.defer(async () => void (await Promise.all(proxies.map((proxy) => proxy.close()))));
  const nodes = await startKafkaNodes(REPLICATION, {
    advertise: async (port) => {
      const proxy = await kafkaProxyTo(port);
      proxies.push(proxy);
      return proxy.port;
    },
  });
  stack.defer(nodes.close);
  const mongoCable = await cableTo(serverOf(mongoUrl));
  stack.defer(mongoCable.cut);
  await mongoCable.mend();
  const sink = await openSink(recordMail);
  stack.defer(sink.close);
  return {
    nodes,
    proxies,
    mongoCable,
    mongoControl: async (word) => void (await promisify(exec)(`${mongoControl} ${word}`)),
    sink,
  };
}
