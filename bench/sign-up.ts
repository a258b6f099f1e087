import { eventually } from '../test/support/eventually.ts';
import { type Benchmark, createMaxExcessOverLimitTarget } from './support/benchmark.ts';
import { measurePasswordHashCpu } from './support/hash-limit.ts';
import { repeatConcurrently } from './support/load.ts';
import { createPersonWithGeneratedPassword } from './support/new-person.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { startSmtpSink } from './support/smtp-sink.ts';
import { measureAlternately } from './support/statistics.ts';

const ROUNDS = 5;
const SIGN_UPS = 100;

export const signUpBenchmark: Benchmark = {
  name: 'sign-up',
  title: 'Sign-up',
  method: `CPU of the server process from the request until its mail is accepted: response, journal, log, read model, delivery, rendering, SMTP. Against bare hashes, alternating: ${SIGN_UPS} of each, ${ROUNDS} times, medians. The passwords have 16 random characters. Measured twice: with a mail server in another process, and with the development mailbox, which parses and stores each mail in the same process.`,
  async run() {
    await using sink = await startSmtpSink();
    await using server = await startBenchmarkServer(sink.settings);
    await using withMailbox = await startBenchmarkServer();
    const turns = await measureAlternately(ROUNDS, {
      hash: () => measurePasswordHashCpu(SIGN_UPS),
      signUp: () => cpuOfSignUp(server),
      withMailbox: () => cpuOfSignUp(withMailbox),
    });
    return [
      {
        what: 'CPU of a sign-up (limit: a hash)',
        unit: 'ms',
        limit: turns.hash,
        measured: turns.signUp,
        target: createMaxExcessOverLimitTarget(turns.hash, 6, 'hash'),
      },
      {
        what: 'CPU of a sign-up with the development mailbox',
        unit: 'ms',
        limit: turns.hash,
        measured: turns.withMailbox,
      },
    ];
  },
};

async function cpuOfSignUp(server: BenchmarkServer): Promise<number> {
  const before = await sent(server);
  return server.cpuOf(SIGN_UPS, async () => {
    await repeatConcurrently(SIGN_UPS, 1, () => server.people.signUp(createPersonWithGeneratedPassword()));
    await eventually('all mails are sent', async () => (await sent(server)) >= before + SIGN_UPS);
  });
}

/** Returns how many mails the notifier has sent so far. */
function sent({ metric }: BenchmarkServer): Promise<number> {
  return metric('latchkey_notifier_delay_seconds_count');
}
