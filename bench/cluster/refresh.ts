import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { ensureIndexes, openMongo } from '@latchkey/mongo';
import type { Db } from 'mongodb';
import { createCommits } from '../../services/auth/src/ports/testing/commits.ts';
import { commitIndexes } from '../../services/auth/src/storage/mongo/commits.ts';
import { createMongoJournal } from '../../services/auth/src/storage/mongo/journal.ts';
import { createMongoSessions, sessionIndexes } from '../../services/auth/src/storage/mongo/sessions.ts';
import { createUniquePerson } from '../../test/support/people.ts';
import { type Benchmark, createMaxTarget, createMinPercentOfLimitTarget } from '../support/benchmark.ts';
import { type ClusterServer, startClusterServer } from '../support/cluster-server.ts';
import { measureMs, repeatConcurrently } from '../support/load.ts';
import { readMetric } from '../support/metrics.ts';
import { createBenchDatabase } from '../support/servers.ts';
import { computeMedian, measureAlternately } from '../support/statistics.ts';

const CLIENTS = 16;
const REFRESHES = 1000;
const ROUNDS = 5;

export const refreshBenchmark: Benchmark = {
  name: 'refresh',
  title: 'Refresh',
  method: `Refreshes per second over HTTP, of ${CLIENTS} clients, each with the token of the last response, of one auth process. Against the bare driver in the process of the benchmark, which makes the two calls that every refresh needs, on the same server: it rotates a session, and reads new commits of its account. ${REFRESHES} of each, alternating, ${ROUNDS} times, medians. CPU: of that process of auth, against that of the process of the benchmark while it makes the two calls.`,
  async run() {
    await using server = await startClusterServer({}, { auth: 1, user: 1, notifier: 1 });
    await using database = await createBenchDatabase();
    const calls = await bareCalls(database.url, database.bare);
    const url = `${server.cluster.instances.auth[0]?.url}/api/v1/auth/refresh`;
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const tokens = await sessions(server);
    const operations = server.cluster.instances.auth[0]?.operations ?? '';
    async function cpuOfAuth(): Promise<number> {
      return 1000 * (await readMetric(operations, 'latchkey_process_cpu_seconds_total'));
    }
    const cpu = { bare: [] as number[], refresh: [] as number[] };
    const turns = await measureAlternately(ROUNDS, {
      bare: () => measured(calls, ownCpu, cpu.bare),
      refresh: () =>
        measured(
          async (client) => {
            tokens[client] = await exchanged(url, agent, tokens[client]);
          },
          cpuOfAuth,
          cpu.refresh,
        ),
    });
    agent.destroy();
    return [
      {
        what: 'refreshes (limit: the two calls to MongoDB)',
        unit: '/s',
        limit: turns.bare,
        measured: turns.refresh,
        target: createMinPercentOfLimitTarget(50, turns.bare),
      },
      {
        what: 'CPU of auth per refresh (limit: the two calls to MongoDB)',
        unit: 'ms',
        limit: computeMedian(cpu.bare),
        measured: computeMedian(cpu.refresh),
        target: createMaxTarget(1, 'ms'),
      },
    ];
  },
};

type Work = (client: number) => Promise<unknown>;

/**
 * Runs `work` REFRESHES times, and measures the throughput and the CPU time of each run.
 * @param cpuMs returns the CPU time that the measured process has used since it started, in ms
 * @param cpu receives the CPU time per run, in ms
 * @returns runs per second
 */
async function measured(work: Work, cpuMs: () => Promise<number>, cpu: number[]): Promise<number> {
  const before = await cpuMs();
  const ms = await measureMs(() => repeatConcurrently(REFRESHES, CLIENTS, (_, client) => work(client)));
  cpu.push(((await cpuMs()) - before) / REFRESHES);
  return (1000 * REFRESHES) / ms;
}

async function ownCpu(): Promise<number> {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Creates one session for each client. All sessions belong to the same account.
 * @returns the refresh tokens of the sessions
 */
async function sessions({ people }: ClusterServer): Promise<string[]> {
  const person = createUniquePerson();
  await people.signUp(person);
  const tokens: string[] = [];
  for (let i = 0; i < CLIENTS; i += 1) tokens.push((await people.login(person)).refreshToken);
  return tokens;
}

/**
 * Exchanges a refresh token for a new refresh token. Uses node:http, because a slower HTTP client would limit the
 * measured throughput.
 * @returns the new refresh token
 */
async function exchanged(url: string, agent: Agent, refreshToken: string | undefined): Promise<string> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<unknown>();
  request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (answer) => {
    if (answer.statusCode === 200) json(answer).then(resolve, reject);
    else reject(new Error(`a refresh was answered with ${answer.statusCode}`));
  })
    .on('error', reject)
    .end(JSON.stringify({ refreshToken }));
  return ((await answered) as { readonly refreshToken: string }).refreshToken;
}

/**
 * Stores an account with two commits, and one session for each client, in the format that auth uses.
 * @returns a function that makes the same database calls as auth does when a client refreshes its session
 */
async function bareCalls(url: string, bare: Db): Promise<(client: number) => Promise<void>> {
  const mongo = openMongo({ url });
  await mongo.reached;
  await ensureIndexes(mongo.connection, [...commitIndexes, ...sessionIndexes]);
  const userId = randomUUID();
  const ids = Array.from({ length: CLIENTS }, () => randomUUID());
  const [now, since] = [new Date(), 0];
  const expiresAt = new Date(now.getTime() + 1_000_000);
  const journal = createMongoJournal(mongo.connection);
  for (const commit of createCommits(userId, 2)) await journal.append(commit);
  const store = createMongoSessions(mongo.connection);
  for (const id of ids) {
    await store.create(
      {
        id,
        userId,
        n: 1,
        createdAt: now,
        rotatedAt: now,
        expiresAt,
        since,
        ip: '127.0.0.1',
        userAgent: '',
      },
      { keep: CLIENTS },
    );
  }
  await mongo.close();

  const sessions = bare.collection<{ readonly _id: string; readonly n: number }>('auth_sessions');
  const commits = bare.collection('auth_commits');
  const at = ids.map(() => 1);
  return async (client) => {
    const [_id = '', n = 0] = [ids[client], at[client]];
    await commits
      .find({ stream: userId, number: { $gt: 2 } })
      .sort({ number: 1 })
      .toArray();
    await sessions.updateOne({ _id, n }, { $inc: { n: 1 }, $set: { rotatedAt: new Date() } });
    at[client] = n + 1;
  };
}
