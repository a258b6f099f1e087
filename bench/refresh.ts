import { createUniquePerson } from '../test/support/people.ts';
import type { BareServer } from './support/bare-server.ts';
import { type Benchmark, type BenchmarkFigure, createMaxTarget } from './support/benchmark.ts';
import { repeatConcurrently } from './support/load.ts';
import { startBareTokenServer } from './support/refresh-limit.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { measureAlternately } from './support/statistics.ts';

const ROUNDS = 5;
const REFRESHES = 1000;

export const refreshBenchmark: Benchmark = {
  name: 'refresh',
  title: 'Refresh',
  method: `CPU of the server process. Each client sends the token of the last response. Against a bare node:http server that changes one row durably and signs one ES256 token per request, alternating: ${REFRESHES} of each, ${ROUNDS} times, medians. With more than one client, concurrent writes share a flush.`,
  async run() {
    await using server = await startBenchmarkServer();
    await using bare = await startBareTokenServer();
    return [
      { ...(await cpuOfRefresh(server, bare, 16)), target: createMaxTarget(0.5, 'ms') },
      await cpuOfRefresh(server, bare, 1),
    ];
  },
};

async function cpuOfRefresh(
  server: BenchmarkServer,
  bare: BareServer,
  clients: number,
): Promise<BenchmarkFigure> {
  const tokens = await sessions(server, clients);
  const turns = await measureAlternately(ROUNDS, {
    bare: () => bare.cpuOf(REFRESHES, () => repeatConcurrently(REFRESHES, clients, () => post(bare.url))),
    refresh: () =>
      server.cpuOf(REFRESHES, () =>
        repeatConcurrently(REFRESHES, clients, async (_, client) => {
          tokens[client] = await exchanged(server, tokens[client]);
        }),
      ),
  });
  const among = clients === 1 ? 'one client' : `${clients} clients`;
  return {
    what: `CPU of a refresh, ${among} (limit: bare server)`,
    unit: 'ms',
    limit: turns.bare,
    measured: turns.refresh,
  };
}

function post(url: string) {
  return fetch(url, { method: 'POST', body: JSON.stringify({ refreshToken: 'x'.repeat(84) }) }).then(
    (answer) => answer.text(),
  );
}

/**
 * Creates sessions of one account.
 * @returns the refresh tokens of the sessions
 */
async function sessions({ people }: BenchmarkServer, many: number): Promise<string[]> {
  const person = createUniquePerson();
  await people.signUp(person);
  const tokens: string[] = [];
  for (let i = 0; i < many; i += 1) tokens.push((await people.login(person)).refreshToken);
  return tokens;
}

async function exchanged({ client }: BenchmarkServer, refreshToken: string | undefined): Promise<string> {
  const answer = await client.post('/auth/refresh', { json: { refreshToken } });
  if (answer.status !== 200) throw new Error(`a refresh was answered with ${answer.status}`);
  return answer.json.refreshToken;
}
