import { setTimeout as pause } from 'node:timers/promises';
import { createUniquePerson } from '../../test/support/people.ts';
import { type Benchmark, createMaxTarget } from '../support/benchmark.ts';
import { startClusterServer } from '../support/cluster-server.ts';
import { readMetric } from '../support/metrics.ts';

const SETTLED_MS = 10_000;
const MEASURED_MS = 60_000;

export const idleBenchmark: Benchmark = {
  name: 'idle',
  title: 'A service without work',
  method: `CPU time of each process in ${MEASURED_MS / 1000} s without a request or an event, as a share of one core, ${SETTLED_MS / 1000} s after a person has signed up, verified and signed in.`,
  async run() {
    await using server = await startClusterServer({}, { auth: 1, user: 1, notifier: 1 });
    await server.people.login(await server.people.verified(createUniquePerson()));
    await pause(SETTLED_MS);
    const services = Object.entries(server.cluster.instances);
    function cpuSeconds(): Promise<number[]> {
      return Promise.all(
        services.map(([, [instance]]) =>
          readMetric(instance?.operations ?? '', 'latchkey_process_cpu_seconds_total'),
        ),
      );
    }
    const before = await cpuSeconds();
    const startedAt = performance.now();
    await pause(MEASURED_MS);
    const after = await cpuSeconds();
    const seconds = (performance.now() - startedAt) / 1000;
    return services.map(([service], i) => ({
      what: `CPU idle, ${service}`,
      unit: '%' as const,
      measured: (100 * ((after[i] ?? 0) - (before[i] ?? 0))) / seconds,
      target: createMaxTarget(0.5, '%'),
    }));
  },
};
