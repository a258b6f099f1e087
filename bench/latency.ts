import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../test/support/eventually.ts';
import { type Person, somebody } from '../test/support/people.ts';
import { atMost, type Benchmark, type Figure } from './support/benchmark.ts';
import { handOverMails } from './support/hand-over.ts';
import { timed } from './support/load.ts';
import { type Server, startServer } from './support/server.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import { percentile } from './support/statistics.ts';

const PER_SECOND = 20;
const SIGN_UPS = 300;
const CHANGES = 300;
const WARM_UP = 40;

export const latency: Benchmark = {
  name: 'latency',
  title: 'Latency',
  method: `Wall time, while ${PER_SECOND} people a second sign up, whether or not those before are done. From the answer to a sign-up until its mail is accepted (0 if that was first), of ${SIGN_UPS}; the limit is a mail handed over an open connection. From the answer to a change of the profile until /users/me, asked with its Account-Sequence, has answered, of ${CHANGES}; the limit is /users/me asked for nothing new.`,
  async run() {
    return [...(await untilMailed()), ...(await untilVisible())];
  },
};

async function untilMailed(): Promise<readonly Figure[]> {
  await using sink = await startSmtpSink();
  await using server = await startServer(sink.settings);
  await signUps(server, WARM_UP, () => undefined);
  const handOvers = await handOverMails(sink, WARM_UP);
  const answered: { readonly email: string; readonly at: number }[] = [];
  await signUps(server, SIGN_UPS, ({ email }) => answered.push({ email, at: performance.now() }));
  const delays: number[] = [];
  for (const { email, at } of answered) delays.push(Math.max(0, (await acceptedAt(sink, email)) - at));
  return figures('sign-up answered → mail accepted', handOvers, delays, { 0.5: 50, 0.99: 250 });
}

async function untilVisible(): Promise<readonly Figure[]> {
  await using server = await startServer();
  const { people, client } = server;
  const { accessToken: token } = await people.login(await people.verified(somebody()));
  const idle: number[] = [];
  const behind: number[] = [];
  let going = true;
  const load = (async () => {
    while (going) await signUps(server, PER_SECOND, () => undefined);
  })();
  for (let i = 0; i < CHANGES + WARM_UP; i += 1) {
    const change = await client.patch('/auth/profile', { token, json: { firstName: `Ada ${i}` } });
    const seen = await timed(() => people.me(token, change.headers.get('account-sequence')));
    const again = await timed(() => people.me(token));
    if (i >= WARM_UP) behind.push(seen);
    if (i >= WARM_UP) idle.push(again);
  }
  going = false;
  await load;
  return figures('change answered → visible', idle, behind, { 0.99: 50 });
}

/** So many a second, in an open loop. */
async function signUps(server: Server, many: number, answered: (person: Person) => void): Promise<void> {
  const start = performance.now();
  const pending: Promise<void>[] = [];
  for (let i = 0; i < many; i += 1) {
    await pause(Math.max(0, start + (1000 * i) / PER_SECOND - performance.now()));
    const person = somebody();
    pending.push(
      server.people.signUp(person).then(({ status }) => {
        if (status !== 201) throw new Error(`a sign-up was answered with ${status}`);
        answered(person);
      }),
    );
  }
  await Promise.all(pending);
}

const acceptedAt = (sink: SmtpSink, email: string): Promise<number> =>
  eventually('the mail is accepted', () => sink.acceptedAt(email));

const figures = (
  what: string,
  limits: readonly number[],
  values: readonly number[],
  targets: Readonly<Partial<Record<0.5 | 0.99, number>>>,
): readonly Figure[] =>
  ([0.5, 0.99] as const).map((fraction) => {
    const target = targets[fraction];
    return {
      what: `${what}, p${100 * fraction}`,
      unit: 'ms',
      limit: percentile(limits, fraction),
      measured: percentile(values, fraction),
      ...(target !== undefined && { target: atMost(target, 'ms') }),
    };
  });
