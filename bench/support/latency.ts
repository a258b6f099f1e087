/**
 * Measures the latencies of a system that receives requests at a fixed rate. Works on the embedded store and on Kafka
 * and MongoDB.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../../test/support/client.ts';
import { eventually } from '../../test/support/eventually.ts';
import { createUniquePerson, type Person, type PersonActions } from '../../test/support/people.ts';
import type { Settings } from '../../test/support/system.ts';
import { type BenchmarkFigure, createMaxTarget } from './benchmark.ts';
import { measureMs } from './load.ts';
import { measureMailSendTimes } from './mail-sends.ts';
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts';
import { computePercentile } from './statistics.ts';

export const REQUESTS_PER_SECOND = 20;
export const SIGN_UP_COUNT = 300;
export const PROFILE_CHANGE_COUNT = 300;
const WARM_UP = 40;

interface Latent extends AsyncDisposable {
  readonly client: Client;
  readonly people: PersonActions;
}

/** Starts all services. They must receive no requests except those of the benchmark. */
type Start = (settings?: Settings) => Promise<Latent>;

/**
 * Maps a fraction of the samples to a latency in ms. The target is met if at least this fraction of the
 * samples has this latency or less.
 */
type Targets = Readonly<Partial<Record<0.5 | 0.99, number>>>;

/** Measures the time from the response to a sign-up until the mail server has accepted its mail. */
export async function measureSignUpMailLatency(
  start: Start,
  targets: Targets,
): Promise<readonly BenchmarkFigure[]> {
  await using sink = await startSmtpSink();
  await using server = await start(sink.settings);
  await signUps(server, WARM_UP, () => undefined);
  const handOvers = await measureMailSendTimes(sink, WARM_UP);
  const answered: { readonly email: string; readonly at: number }[] = [];
  await signUps(server, SIGN_UP_COUNT, ({ email }) => answered.push({ email, at: performance.now() }));
  const delays: number[] = [];
  for (const { email, at } of answered) delays.push(Math.max(0, (await acceptedAt(sink, email)) - at));
  return figures('sign-up response → mail accepted', handOvers, delays, targets);
}

/**
 * Measures the time from the response to a profile change until the user service returns the changed profile.
 */
export async function measureProfileChangeLatency(
  start: Start,
  targets: Targets,
): Promise<readonly BenchmarkFigure[]> {
  await using server = await start();
  const { people, client } = server;
  const { accessToken: token } = await people.login(await people.verified(createUniquePerson()));
  const idle: number[] = [];
  const behind: number[] = [];
  let going = true;
  const load = (async () => {
    while (going) await signUps(server, REQUESTS_PER_SECOND, () => undefined);
  })();
  for (let i = 0; i < PROFILE_CHANGE_COUNT + WARM_UP; i += 1) {
    const change = await client.patch('/auth/profile', { token, json: { firstName: `Ada ${i}` } });
    const seen = await measureMs(() => people.me(token, change.headers.get('account-sequence')));
    const again = await measureMs(() => people.me(token));
    if (i >= WARM_UP) behind.push(seen);
    if (i >= WARM_UP) idle.push(again);
  }
  going = false;
  await load;
  return figures('change response → visible', idle, behind, targets);
}

/** Signs people up at a fixed rate per second. A sign-up begins even if earlier sign-ups have not been answered yet. */
async function signUps({ people }: Latent, many: number, answered: (person: Person) => void): Promise<void> {
  const start = performance.now();
  const pending: Promise<void>[] = [];
  for (let i = 0; i < many; i += 1) {
    await pause(Math.max(0, start + (1000 * i) / REQUESTS_PER_SECOND - performance.now()));
    const person = createUniquePerson();
    pending.push(
      people.signUp(person).then(({ status }) => {
        if (status !== 201) throw new Error(`a sign-up was answered with ${status}`);
        answered(person);
      }),
    );
  }
  await Promise.all(pending);
}

function acceptedAt(sink: SmtpSink, email: string): Promise<number> {
  return eventually('the mail is accepted', () => sink.acceptedAt(email));
}

function figures(
  what: string,
  limits: readonly number[],
  values: readonly number[],
  targets: Targets,
): readonly BenchmarkFigure[] {
  return ([0.5, 0.99] as const).map((fraction) => {
    const target = targets[fraction];
    return {
      what: `${what}, p${100 * fraction}`,
      unit: 'ms',
      limit: computePercentile(limits, fraction),
      measured: computePercentile(values, fraction),
      ...(target !== undefined && { target: createMaxTarget(target, 'ms') }),
    };
  });
}
