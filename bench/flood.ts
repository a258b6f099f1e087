import { availableParallelism } from 'node:os';
import { eventually } from '../test/support/eventually.ts';
import {
  type Benchmark,
  type BenchmarkFigure,
  createMaxTarget,
  createMinPercentOfLimitTarget,
} from './support/benchmark.ts';
import { measurePasswordHashCpu } from './support/hash-limit.ts';
import { createPersonWithGeneratedPassword } from './support/new-person.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import { computePercentile } from './support/statistics.ts';

const CONNECTIONS = 16;
const SECONDS = 30;
const HASHES = 100;
const WARM_UP_SECONDS = 3;
const MAX_DELAY_MS = 2_000;

export const floodBenchmark: Benchmark = {
  name: 'flood',
  title: 'A flood of sign-ups',
  method: `${SECONDS} s of sign-ups over ${CONNECTIONS} connections, which is more than the server can hash. The limit of sign-ups: all processors compute nothing but hashes. The limit of mails: the sign-ups, from the first request until the last response; the mails are counted until the last one is accepted by a mail server in this process.`,
  async run() {
    await using sink = await startSmtpSink();
    await using server = await startBenchmarkServer(sink.settings);
    const hashesPerSecond = (1000 * availableParallelism()) / (await measurePasswordHashCpu(HASHES));
    await flood(server, sink, WARM_UP_SECONDS);
    return figuresOf(await flood(server, sink, SECONDS), hashesPerSecond);
  },
};

/** When the steps of one measured sign-up took place, in ms on the clock of `performance.now()`. */
interface SignUp {
  readonly sentAt: number;
  readonly answeredAt: number;
  /** The time at which the mail server accepted the verification mail. */
  readonly acceptedAt: number;
}

/** Signs people up for some seconds, and waits until the mail server has accepted all of their mails. */
async function flood(
  { people }: BenchmarkServer,
  sink: SmtpSink,
  seconds: number,
): Promise<readonly SignUp[]> {
  const end = performance.now() + 1000 * seconds;
  async function lane(): Promise<readonly (Omit<SignUp, 'acceptedAt'> & { readonly email: string })[]> {
    const done = [];
    while (performance.now() < end) {
      const person = createPersonWithGeneratedPassword();
      const sentAt = performance.now();
      const { status } = await people.signUp(person);
      if (status !== 201) throw new Error(`a sign-up was answered with ${status}`);
      done.push({ email: person.email, sentAt, answeredAt: performance.now() });
    }
    return done;
  }
  const done = await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  const accepted = done.flat().map(async ({ email, ...times }) => ({
    ...times,
    acceptedAt: await eventually('the mail is accepted', () => sink.acceptedAt(email)),
  }));
  return Promise.all(accepted);
}

function figuresOf(signUps: readonly SignUp[], hashesPerSecond: number): readonly BenchmarkFigure[] {
  const from = Math.min(...signUps.map(({ sentAt }) => sentAt));
  function perSecond(times: readonly number[]): number {
    return (1000 * times.length) / (Math.max(...times) - from);
  }
  const signUpsPerSecond = perSecond(signUps.map(({ answeredAt }) => answeredAt));
  return [
    {
      what: 'sign-ups (limit: hashes)',
      unit: '/s',
      limit: hashesPerSecond,
      measured: signUpsPerSecond,
    },
    {
      what: 'mails accepted (limit: sign-ups)',
      unit: '/s',
      limit: signUpsPerSecond,
      measured: perSecond(signUps.map(({ acceptedAt }) => acceptedAt)),
      target: createMinPercentOfLimitTarget(95, signUpsPerSecond),
    },
    ...([0.5, 0.99] as const).map((fraction) => ({
      what: `request → mail accepted, p${100 * fraction}`,
      unit: 'ms' as const,
      measured: computePercentile(
        signUps.map(({ sentAt, acceptedAt }) => acceptedAt - sentAt),
        fraction,
      ),
      ...(fraction === 0.99 && { target: createMaxTarget(MAX_DELAY_MS, 'ms') }),
    })),
  ];
}
