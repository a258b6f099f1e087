import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createUniquePerson } from '../../test/support/people.ts';
import { measureBareNodeMemoryMegabytes } from '../support/bare-node.ts';
import { type Benchmark, type BenchmarkFigure, createMaxTarget } from '../support/benchmark.ts';
import { type ClusterServer, startClusterServer } from '../support/cluster-server.ts';
import { readMetric } from '../support/metrics.ts';
import { MIXED_WORK_MINUTES, PAUSE_BEFORE_MEMORY_READ_MS, runMixedWork } from '../support/mixed-work.ts';

const MB = 1_000_000;

export const memoryBenchmark: Benchmark = {
  name: 'memory',
  title: 'Memory of a service',
  method: `RSS of each process ${PAUSE_BEFORE_MEMORY_READ_MS / 1000} s after a person has signed up, verified and signed in, so that each service has worked once, and again ${PAUSE_BEFORE_MEMORY_READ_MS / 1000} s after ${MIXED_WORK_MINUTES} min of mixed work. Started as in the image (deploy/Dockerfile): as bundles, with a compile cache that an earlier start has filled. The limit is an idle Node process.`,
  async run() {
    await using stack = new AsyncDisposableStack();
    const cache = await mkdtemp(join(tmpdir(), 'latchkey-compiled-'));
    stack.defer(() => rm(cache, { recursive: true }));
    const asInImage = { NODE_COMPILE_CACHE: cache };
    function start() {
      return startClusterServer(asInImage, { auth: 1, user: 1, notifier: 1 });
    }
    await (await start())[Symbol.asyncDispose]();
    const server = stack.use(await start());
    await server.people.login(await server.people.verified(createUniquePerson()));
    await pause(PAUSE_BEFORE_MEMORY_READ_MS);
    const limit = await measureBareNodeMemoryMegabytes();
    const idle = await memoryOf(server, (service) => `idle memory (RSS) of ${service}`, 120);
    const served = await runMixedWork(server);
    const used = await memoryOf(server, (service) => `memory of ${service} after ${served} people`, 150);
    return [...idle, ...used].map((figure) => ({ ...figure, limit }));
  },
};

async function memoryOf(
  { cluster }: ClusterServer,
  describe: (service: string) => string,
  most: number,
): Promise<readonly BenchmarkFigure[]> {
  return await Promise.all(
    Object.entries(cluster.instances).map(async ([service, [instance]]) => ({
      what: describe(service),
      unit: 'MB' as const,
      measured: (await readMetric(instance?.operations ?? '', 'latchkey_process_resident_memory_bytes')) / MB,
      target: createMaxTarget(most, 'MB'),
    })),
  );
}
