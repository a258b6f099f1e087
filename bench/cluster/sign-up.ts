import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.ts';
import { createUniquePerson } from '../../test/support/people.ts';
import { type Benchmark, createMaxExcessOverLimitTarget } from '../support/benchmark.ts';
import { type ClusterServer, startClusterServer } from '../support/cluster-server.ts';
import { measurePasswordHashCpu } from '../support/hash-limit.ts';
import { readMetric } from '../support/metrics.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';
import { computeMedian, measureAlternately } from '../support/statistics.ts';

const ROUNDS = 3;
/**
 * The number of sign-ups per second. Reduce this number if the machine cannot keep up, because the services share its
 * cores with Kafka, MongoDB and the client.
 */
const PER_SECOND = Number(process.env['SIGN_UPS_PER_SECOND'] ?? 20);
const SIGN_UPS = 10 * PER_SECOND;

const services = ['auth', 'user', 'notifier'] as const;

export const signUpBenchmark: Benchmark = {
  name: 'sign-up',
  title: 'Sign-up',
  method: `CPU of one process each of auth, user and notifier, from the request until the mail is accepted, while ${PER_SECOND} people per second sign up, whether or not earlier sign-ups are done. Against bare hashes, alternating: ${SIGN_UPS} of each, ${ROUNDS} times, medians.`,
  async run() {
    await using sink = await startSmtpSink();
    await using server = await startClusterServer(sink.settings, { auth: 1, user: 1, notifier: 1 });
    const each = services.map(() => [] as number[]);
    const { hash, all } = await measureAlternately(ROUNDS, {
      hash: () => measurePasswordHashCpu(SIGN_UPS),
      async all() {
        const cpu = await cpuOfSignUp(server, sink);
        for (const [i, ms] of cpu.entries()) each[i]?.push(ms);
        return cpu.reduce((sum, ms) => sum + ms, 0);
      },
    });
    return [
      {
        what: 'CPU of a sign-up, all services (limit: a hash)',
        unit: 'ms',
        limit: hash,
        measured: all,
        target: createMaxExcessOverLimitTarget(hash, 18, 'hash'),
      },
      ...services.map((service, i) => ({
        what: `CPU of a sign-up, ${service}`,
        unit: 'ms' as const,
        measured: computeMedian(each[i] ?? []),
      })),
    ];
  },
};

/** Measures the CPU time of each service per sign-up, in ms. */
async function cpuOfSignUp(server: ClusterServer, sink: SmtpSink): Promise<readonly number[]> {
  const sent = sink.count();
  const before = await cpuMs(server);
  await signUps(server);
  await eventually('all mails are accepted', () => sink.count() >= sent + SIGN_UPS);
  const after = await cpuMs(server);
  return after.map((ms, i) => (ms - (before[i] ?? 0)) / SIGN_UPS);
}

async function signUps({ people }: ClusterServer): Promise<void> {
  const start = performance.now();
  const pending: Promise<unknown>[] = [];
  for (let i = 0; i < SIGN_UPS; i += 1) {
    await pause(Math.max(0, start + (1000 * i) / PER_SECOND - performance.now()));
    pending.push(
      people.signUp(createUniquePerson()).then(({ status }) => {
        if (status !== 201) throw new Error(`a sign-up was answered with ${status}`);
      }),
    );
  }
  await Promise.all(pending);
}

function cpuMs({ cluster }: ClusterServer): Promise<readonly number[]> {
  return Promise.all(
    services.map(
      async (service) =>
        1000 *
        (await readMetric(
          cluster.instances[service][0]?.operations ?? '',
          'latchkey_process_cpu_seconds_total',
        )),
    ),
  );
}
