import { setTimeout as pause } from 'node:timers/promises';
import { somebody } from '../../test/support/people.ts';
import { bareNodeMegabytes } from '../support/bare-node.ts';
import { atMost, type Benchmark } from '../support/benchmark.ts';
import { startClusterServer } from '../support/cluster-server.ts';
import { readMetric } from '../support/metrics.ts';

const SETTLED_MS = 8_000;
const MB = 1_000_000;

export const memory: Benchmark = {
  name: 'memory',
  title: 'Memory of a service',
  method: `RSS of each process ${SETTLED_MS / 1000} s after somebody has signed up, verified and logged in: each service has done its work once. The limit is Node itself, started for nothing.`,
  async run() {
    await using server = await startClusterServer({}, { auth: 1, user: 1, notifier: 1 });
    await server.people.login(await server.people.verified(somebody()));
    await pause(SETTLED_MS);
    const limit = await bareNodeMegabytes();
    const services = Object.entries(server.cluster.instances);
    // Awaited here: the services end with this block.
    return await Promise.all(
      services.map(async ([service, [instance]]) => ({
        what: `RSS idle, ${service}`,
        unit: 'MB' as const,
        limit,
        measured: (await readMetric(instance?.url ?? '', 'latchkey_process_resident_memory_bytes')) / MB,
        target: atMost(120, 'MB'),
      })),
    );
  },
};
