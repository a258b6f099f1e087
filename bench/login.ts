import autocannon from 'autocannon';
import { createUniquePerson, type Person } from '../test/support/people.ts';
import {
  type Benchmark,
  type BenchmarkFigure,
  createMaxExcessOverLimitTarget,
  createMaxTarget,
} from './support/benchmark.ts';
import { measurePasswordHashCpu } from './support/hash-limit.ts';
import { measureMs, repeatConcurrently } from './support/load.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { computePercentile, measureAlternately } from './support/statistics.ts';

const ROUNDS = 5;
const LOGINS = 60;
const CONNECTIONS = 16;
const LOAD_SECONDS = 10;

export const loginBenchmark: Benchmark = {
  name: 'login',
  title: 'Login',
  method: `CPU of the server process, all threads, against that of bare argon2id hashes (m=19456, t=2, p=1), alternating: ${LOGINS} of each, ${ROUNDS} times, medians. Then ${LOAD_SECONDS} s of logins over ${CONNECTIONS} connections, while another client requests /livez.`,
  async run() {
    await using server = await startBenchmarkServer();
    const person = createUniquePerson();
    await server.people.signUp(person);
    return [await cpuOfLogin(server, person), ...(await underLoad(server, person))];
  },
};

async function cpuOfLogin(server: BenchmarkServer, person: Person): Promise<BenchmarkFigure> {
  const turns = await measureAlternately(ROUNDS, {
    hash: () => measurePasswordHashCpu(LOGINS),
    login: () => server.cpuOf(LOGINS, () => repeatConcurrently(LOGINS, 1, () => server.people.login(person))),
  });
  return {
    what: 'CPU of a login (limit: a hash)',
    unit: 'ms',
    limit: turns.hash,
    measured: turns.login,
    target: createMaxExcessOverLimitTarget(turns.hash, 1.5, 'hash'),
  };
}

async function underLoad(server: BenchmarkServer, person: Person): Promise<readonly BenchmarkFigure[]> {
  const url = `${server.system.operations}/livez`;
  const idle = await latencies(url, (asked) => asked < 100);
  let loading = true;
  const load = loadLogins(server.system.url, person).finally(() => {
    loading = false;
  });
  const busy = await latencies(url, () => loading);
  const { requests, non2xx, errors } = await load;
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} logins failed`);
  return [
    { what: `logins over ${CONNECTIONS} connections`, unit: '/s', measured: requests.average },
    ...([0.5, 0.99] as const).map((fraction) => ({
      what: `/livez during logins, p${100 * fraction} (limit: idle)`,
      unit: 'ms' as const,
      limit: computePercentile(idle, fraction),
      measured: computePercentile(busy, fraction),
      target: createMaxTarget(100, 'ms'),
    })),
  ];
}

async function loadLogins(url: string, { email, password }: Person) {
  return await autocannon({
    url: `${url}/api/v1/auth/login`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
    connections: CONNECTIONS,
    duration: LOAD_SECONDS,
  });
}

/**
 * Sends one request after the other until `goesOn` returns false.
 * @param goesOn gets the number of requests so far
 * @returns the wall time of each request, in ms
 */
async function latencies(url: string, goesOn: (asked: number) => boolean): Promise<readonly number[]> {
  const taken: number[] = [];
  while (goesOn(taken.length)) {
    taken.push(await measureMs(() => fetch(url).then((answer) => answer.text())));
  }
  return taken;
}
