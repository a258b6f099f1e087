import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Benchmark, createMaxExcessOverLimitTarget } from './support/benchmark.ts';
import { repeatConcurrently } from './support/load.ts';
import { measureAlternately } from './support/statistics.ts';

const ROUNDS = 5;
const REQUESTS = 2000;
const CONNECTIONS = 16;

export const guardBenchmark: Benchmark = {
  name: 'guard',
  title: 'Guard',
  method: `CPU of a koa server that answers a short text, all threads, per request, ${REQUESTS} requests over ${CONNECTIONS} connections: without a guard, with \`role('user')\` and a token that it has seen, and with a new token each time, whose signature is checked. Alternating, ${ROUNDS} times, medians.`,
  async run() {
    const server = spawn(
      process.execPath,
      [join(import.meta.dirname, 'support/guarded-koa.ts'), String(REQUESTS * (ROUNDS + 1) + 1)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const [line] = await once(createInterface(server.stdout), 'line');
      return await figures(String(line));
    } finally {
      server.kill();
    }
  },
};

async function figures(url: string) {
  const [known = '', ...fresh] = (await (await fetch(`${url}/tokens`)).json()) as readonly string[];
  const unused = fresh.values();

  async function ask(path: string, token?: string): Promise<void> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(url + path, { headers });
    if ((await answer.text()) !== 'hello') throw new Error(`${path} answers ${answer.status}`);
  }
  async function cpuMs(): Promise<number> {
    return Number(await (await fetch(`${url}/cpu`)).text());
  }
  async function cpuOf(work: () => Promise<void>): Promise<number> {
    const before = await cpuMs();
    await repeatConcurrently(REQUESTS, CONNECTIONS, work);
    return ((await cpuMs()) - before) / REQUESTS;
  }

  const { bare, seen, unseen } = await measureAlternately(ROUNDS, {
    bare: () => cpuOf(() => ask('/bare')),
    seen: () => cpuOf(() => ask('/guarded', known)),
    unseen: () => cpuOf(() => ask('/guarded', unused.next().value)),
  });
  return [
    {
      what: 'CPU of a guarded request (limit: bare koa)',
      unit: 'ms',
      limit: bare,
      measured: seen,
      target: createMaxExcessOverLimitTarget(bare, 0.1, 'bare'),
    },
    {
      what: 'CPU of a guarded request with a new token (limit: bare koa)',
      unit: 'ms',
      limit: bare,
      measured: unseen,
    },
  ] as const;
}
