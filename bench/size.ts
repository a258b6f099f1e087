import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../test/support/eventually.ts';
import { createUniquePerson, type Person, type Tokens } from '../test/support/people.ts';
import { measureBareNodeMemoryMegabytes } from './support/bare-node.ts';
import { type Benchmark, type BenchmarkFigure, createMaxTarget } from './support/benchmark.ts';
import { measureMs, repeatConcurrently } from './support/load.ts';
import { seedDataFolder } from './support/seed.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { computeMedian, measureAlternately } from './support/statistics.ts';

const ACCOUNTS = 10_000;
const COMMITS = 1_000;
const ROUNDS = 5;
const GROWTH = 1.2;
const STARTS = 3;
const SETTLED_MS = 5_000;

export const sizeBenchmark: Benchmark = {
  name: 'size',
  title: 'Start, memory, growth',
  method: `Ready: from the start of the process until /readyz responds with 200, median of ${STARTS}; the limit is an idle Node process. Memory: RSS ${SETTLED_MS / 1000} s after the last request. Growth: medians of the wall time of single requests, alternating between a server with 2 accounts and on one with ${ACCOUNTS}, one of which has ${COMMITS} commits; the limit is the small one.`,
  async run() {
    const ordinary = createUniquePerson();
    const long = createUniquePerson();
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
    try {
      const empty = await startAndSize('empty');
      await seedDataFolder(folder, { accounts: ACCOUNTS, commits: COMMITS, ordinary, long });
      await publishAll(folder);
      const full = await startAndSize(`${ACCOUNTS} accounts`, { DATA_DIR: folder });
      return [...empty, ...full, ...(await growth(folder, ordinary, long))];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const MB = 1_000_000;

/**
 * Runs a Node process that does nothing.
 * @returns how long the process ran, in seconds, and its memory in MB
 */
async function bareNode(): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const seconds: number[] = [];
  let megabytes = 0;
  for (let i = 0; i < STARTS; i += 1) {
    const ms = await measureMs(async () => {
      megabytes = await measureBareNodeMemoryMegabytes();
    });
    seconds.push(ms / 1000);
  }
  return { seconds: computeMedian(seconds), megabytes };
}

async function startAndSize(of: string, settings = {}): Promise<readonly BenchmarkFigure[]> {
  const bare = await bareNode();
  const seconds: number[] = [];
  let megabytes = Number.NaN;
  for (let i = 0; i < STARTS; i += 1) {
    const from = performance.now();
    await using server = await startBenchmarkServer(settings);
    seconds.push((performance.now() - from) / 1000);
    if (i < STARTS - 1) continue;
    await pause(SETTLED_MS);
    megabytes = await rss(server);
  }
  return [
    {
      what: `time until ready, ${of}`,
      unit: 's',
      limit: bare.seconds,
      measured: computeMedian(seconds),
      target: createMaxTarget(1, 's'),
    },
    {
      what: `idle memory (RSS), ${of}`,
      unit: 'MB',
      limit: bare.megabytes,
      measured: megabytes,
      target: createMaxTarget(120, 'MB'),
    },
  ];
}

async function rss({ metric }: BenchmarkServer): Promise<number> {
  return (await metric('latchkey_process_resident_memory_bytes')) / MB;
}

/**
 * Starts a server for the first time on a folder with seeded data. Waits until the server has published all events of
 * the journal, and has filled the read model.
 */
async function publishAll(folder: string): Promise<void> {
  await using server = await startBenchmarkServer({ DATA_DIR: folder });
  const events = 2 * ACCOUNTS + COMMITS - 2;
  await eventually(
    'everything is published and shown',
    async () => (await server.metric('latchkey_user_events_total')) >= events,
    120_000,
  );
}

/**
 * Allow more sessions per account than this benchmark creates. Otherwise, its logins would end the session
 * whose refresh is measured.
 */
const SESSIONS = { SESSIONS_PER_ACCOUNT: '1000' };

interface Side {
  readonly server: BenchmarkServer;
  readonly person: Person;
  readonly tokens: Tokens;
}

async function growth(folder: string, ordinary: Person, long: Person): Promise<readonly BenchmarkFigure[]> {
  await using small = await startBenchmarkServer(SESSIONS);
  await using large = await startBenchmarkServer({ ...SESSIONS, DATA_DIR: folder });
  const sides = {
    small: await admin(small, await small.people.verified(createUniquePerson())),
    large: await admin(large, ordinary),
    long: await admin(large, long),
  };
  const figures: BenchmarkFigure[] = [];
  for (const [what, many, ask] of requests) {
    const turns = await measureAlternately(ROUNDS, {
      small: () => medianTime(many, () => ask(sides.small)),
      large: () => medianTime(many, () => ask(sides.large)),
      long: () => medianTime(many, () => ask(sides.long)),
    });
    const target = { max: GROWTH * turns.small, words: `≤ ${GROWTH} × limit` };
    const common = { unit: 'ms', limit: turns.small, target } as const;
    figures.push({ what: `${what}, store with ${ACCOUNTS} accounts`, measured: turns.large, ...common });
    figures.push({ what: `${what}, account with ${COMMITS} commits`, measured: turns.long, ...common });
  }
  return figures;
}

/** Makes a person an admin with an ops command, and signs in as that person. */
async function admin(server: BenchmarkServer, person: Person): Promise<Side> {
  await server.system.ops('role', person.email, 'admin');
  const tokens = await eventually('the role is shown', async () => {
    const found = await server.people.login(person);
    const me = await server.people.me(found.accessToken);
    return me.status === 200 && me.json.role === 'admin' ? found : undefined;
  });
  return { server, person, tokens };
}

async function medianTime(many: number, ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  await repeatConcurrently(many, 1, async () => times.push(await measureMs(ask)));
  return computeMedian(times);
}

async function demand(answer: Promise<{ readonly status: number }>, status: number): Promise<void> {
  const got = await answer;
  if (got.status !== status) throw new Error(`answered with ${got.status}, not ${status}`);
}

const requests: readonly (readonly [what: string, many: number, ask: (side: Side) => Promise<void>])[] = [
  [
    'login',
    20,
    ({ server, person }) => demand(server.client.post('/auth/login', { json: loginOf(person) }), 200),
  ],
  ['refresh', 100, ({ server, tokens }) => refreshOnce(server, tokens)],
  ['/users/me', 100, ({ server, tokens }) => demand(server.people.me(tokens.accessToken), 200)],
  [
    'list of users',
    100,
    ({ server, tokens }) => demand(server.client.get('/users?limit=20', { token: tokens.accessToken }), 200),
  ],
];

function loginOf({ email, password }: Person) {
  return { email, password };
}

/** For each login, the refresh token that is valid at the moment. Each refresh replaces the token. */
const newest = new WeakMap<Tokens, string>();

async function refreshOnce({ client }: BenchmarkServer, tokens: Tokens): Promise<void> {
  const refreshToken = newest.get(tokens) ?? tokens.refreshToken;
  const { status, json } = await client.post('/auth/refresh', { json: { refreshToken } });
  if (status !== 200) throw new Error(`a refresh was answered with ${status}`);
  newest.set(tokens, json.refreshToken);
}
