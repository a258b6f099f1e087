import { createUniquePerson } from '../test/support/people.ts';
import { type Benchmark, createMaxTarget } from './support/benchmark.ts';
import { repeatConcurrently } from './support/load.ts';
import { startBareProfileServer } from './support/profile-limit.ts';
import { startBenchmarkServer } from './support/server.ts';
import { measureAlternately } from './support/statistics.ts';

const ROUNDS = 5;
const REQUESTS = 2000;
const CONNECTIONS = 16;

/**
 * The maximum CPU time of a request for one's own profile, as a multiple of the CPU time of the same request to a bare
 * koa server.
 */
const PROFILE_RATIO = 1.3;

export const readsBenchmark: Benchmark = {
  name: 'reads',
  title: 'Reads with an access token',
  method: `CPU of the server process, all threads, per request, ${REQUESTS} requests over ${CONNECTIONS} connections. /users/me is compared with a bare koa route that verifies an ES256 token and reads one row, and /auth/check with a bare koa route that returns a short text. Alternating, ${ROUNDS} times, medians.`,
  async run() {
    await using server = await startBenchmarkServer();
    await using bare = await startBareProfileServer();
    const person = await server.people.verified(createUniquePerson());
    const { accessToken } = await server.people.login(person);
    const bareToken = await (await fetch(`${bare.url}/token`)).text();
    const api = `${server.system.url}/api/v1`;

    const cpu = await measureAlternately(ROUNDS, {
      bareProfile: () => bare.cpuOf(REQUESTS, () => askMany(`${bare.url}/me`, 200, bareToken)),
      profile: () => server.cpuOf(REQUESTS, () => askMany(`${api}/users/me`, 200, accessToken)),
      bareHello: () => bare.cpuOf(REQUESTS, () => askMany(`${bare.url}/hello`, 200)),
      check: () => server.cpuOf(REQUESTS, () => askMany(`${api}/auth/check`, 204, accessToken)),
    });
    return [
      {
        what: 'CPU of /users/me (limit: bare koa, token and row)',
        unit: 'ms',
        limit: cpu.bareProfile,
        measured: cpu.profile,
        target: { max: PROFILE_RATIO * cpu.bareProfile, words: `≤ ${PROFILE_RATIO} × limit` },
      },
      {
        what: 'CPU of /auth/check (limit: bare koa)',
        unit: 'ms',
        limit: cpu.bareHello,
        measured: cpu.check,
        target: createMaxTarget(1, 'ms'),
      },
    ];
  },
};

/** Sends all requests of one measurement, and checks the status of each response. */
async function askMany(url: string, status: number, token?: string): Promise<void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await repeatConcurrently(REQUESTS, CONNECTIONS, async () => {
    const answer = await fetch(url, { headers });
    await answer.text();
    if (answer.status !== status) throw new Error(`${url} was answered with ${answer.status}`);
  });
}
