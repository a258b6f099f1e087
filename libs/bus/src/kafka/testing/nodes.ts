/**
 * A Kafka cluster of several nodes, for tests that kill some of them. How a node is started differs from
 * machine to machine, so the setting KAFKA_NODES_COMMAND contains a command for this (words separated by
 * spaces):
 *
 *   <command> start --dir DIR --node-id N --port P --controller-port C \
 *             --voters 1@127.0.0.1:C1,2@127.0.0.1:C2,... --rf 3 --min-isr 2 [--set NAME=VALUE]
 *     starts a node that is both broker (on 127.0.0.1:P, plaintext) and controller. The node keeps its data in
 *     DIR, which may contain data of an earlier start. Once the node responds, the command prints {"pid": its
 *     process id} as JSON and exits. Each --set NAME=VALUE is copied to the node's configuration. The node's
 *     listener for clients and for other nodes is named CLIENT.
 *   <command> kill --dir DIR
 *     ends the node with SIGKILL, and exits once the node has ended. The node may have ended already.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import type { TopicReplication } from '../topics.ts';

export interface KafkaNodesOptions {
  /**
   * Called with the port of each node before it starts.
   * @returns the port to advertise to clients and other nodes, for example the port of a proxy on this
   * machine
   */
  advertise?(port: number): Promise<number>;
}

export interface KafkaNodes {
  /** `host:port` of each node, as advertised to clients. */
  readonly brokers: readonly string[];
  /**
   * Kills a node without a shutdown, as a power cut would. The node is dead when this method returns.
   * @param node the number of the node, counted from 1
   */
  kill(node: number): void;
  /** Starts a killed node again, with the data that it had. Resolves once it responds. */
  restart(node: number): Promise<void>;
  /** Kills all nodes of the Kafka cluster, and deletes their data. */
  close(): Promise<void>;
}

interface Node {
  readonly id: number;
  readonly folder: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly advertisedPort: number;
  pid: number;
}

/** Starts a cluster with one node for each replica of a partition. */
export async function startKafkaNodes(
  { factor, minInSync }: TopicReplication,
  { advertise = async (port) => port }: KafkaNodesOptions = {},
): Promise<KafkaNodes> {
  const command = requireCommand();
  const folder = await mkdtemp(join(tmpdir(), 'kafka-nodes-'));
  const nodes: Node[] = [];
  for (let id = 1; id <= factor; id++) {
    const [port, controllerPort] = [await reserveFreePort(), await reserveFreePort()];
    const advertisedPort = await advertise(port);
    nodes.push({ id, folder: join(folder, String(id)), port, controllerPort, advertisedPort, pid: 0 });
  }
  const voters = nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',');

  async function start(node: Node): Promise<void> {
    const options = {
      '--node-id': node.id,
      '--port': node.port,
      '--controller-port': node.controllerPort,
      '--voters': voters,
      '--rf': factor,
      '--min-isr': minInSync,
      '--set': `advertised.listeners=CLIENT://127.0.0.1:${node.advertisedPort}`,
    };
    const printed = await run(command, 'start', node.folder, ...Object.entries(options).flat().map(String));
    node.pid = pidIn(printed);
  }

  function gone(node: Node) {
    return run(command, 'kill', node.folder);
  }

  async function close(): Promise<void> {
    await Promise.all(nodes.map(gone));
    await rm(folder, { recursive: true });
  }

  function nodeOf(id: number): Node {
    const node = nodes.find((each) => each.id === id);
    if (!node) throw new Error(`There is no node ${id}.`);
    return node;
  }

  // Start the nodes together. A node responds only once a majority of the nodes run, because they must elect
  // a controller first.
  const started = await Promise.allSettled(nodes.map(start));
  const failure = started.find((each) => each.status === 'rejected');
  if (failure) {
    await close();
    throw failure.reason;
  }

  return {
    brokers: nodes.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`),
    kill: (id) => void process.kill(nodeOf(id).pid, 'SIGKILL'),
    async restart(id) {
      const node = nodeOf(id);
      await gone(node);
      await start(node);
    },
    close,
  };
}

/**
 * Returns the words of KAFKA_NODES_COMMAND. Throws if the setting is missing, because a skipped test would
 * look like a passed test.
 */
function requireCommand(): readonly string[] {
  const words = (process.env['KAFKA_NODES_COMMAND'] ?? '').split(' ').filter(Boolean);
  if (words.length > 0) return words;
  throw new Error('KAFKA_NODES_COMMAND is not set: this test needs a command that starts and kills brokers.');
}

async function run(
  command: readonly string[],
  what: 'start' | 'kill',
  folder: string,
  ...options: readonly string[]
): Promise<string> {
  const [program = '', ...words] = command;
  const { stdout } = await promisify(execFile)(program, [...words, what, '--dir', folder, ...options]);
  return stdout;
}

function pidIn(printed: string): number {
  const pid: unknown = JSON.parse(printed).pid;
  if (typeof pid !== 'number') throw new Error('KAFKA_NODES_COMMAND start printed no pid.');
  return pid;
}
