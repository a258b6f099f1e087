/**
 * Measures how long the logins of ordinary people take while one client floods the server with its own, correct logins.
 * The client uses 140 connections without pauses, and 8 people log in from other networks. Not part of `npm run bench`,
 * because no target is defined.
 * Usage: `npm run bench:fairness -- [connections] [seconds]`
 */
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { createUniquePerson, type Person } from '../test/support/people.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { computePercentile } from './support/statistics.ts';

const [connections = 140, seconds = 20] = process.argv.slice(2).map(Number);
const PEOPLE = 8;
const PAUSE_MS = 500;

function body({ email, password }: Person): string {
  return JSON.stringify({ email, password });
}

async function flood(server: BenchmarkServer, attacker: Person): Promise<string> {
  const { statusCodeStats = {} } = await autocannon({
    url: `${server.system.url}/api/v1/auth/login`,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.66' },
    body: body(attacker),
    connections,
    duration: seconds,
  });
  return Object.entries(statusCodeStats)
    .map(([status, { count = 0 }]) => `${count} × ${status}`)
    .join(', ');
}

interface Login {
  readonly status: number;
  readonly ms: number;
}

async function logIn(server: BenchmarkServer, person: Person, ip: string): Promise<Login> {
  const from = performance.now();
  const json = { email: person.email, password: person.password };
  const { status } = await server.client.post('/auth/login', { json, headers: { 'x-forwarded-for': ip } });
  return { status, ms: performance.now() - from };
}

await using server = await startBenchmarkServer({ TRUSTED_PROXIES: '127.0.0.1,::1', HASH_WAIT_SECONDS: '5' });
const people = await Promise.all(
  Array.from({ length: PEOPLE }, () => server.people.verified(createUniquePerson())),
);
const attacker = await server.people.verified(createUniquePerson('attacker'));

let flooding = true;
const flooded = flood(server, attacker).finally(() => {
  flooding = false;
});
const logins: Login[] = [];
await Promise.all(
  people.map(async (person, n) => {
    while (flooding) {
      await pause(PAUSE_MS);
      if (flooding) logins.push(await logIn(server, person, `198.51.${n + 1}.1`));
    }
  }),
);
const times = logins.map(({ ms }) => ms);
const failed = logins.filter(({ status }) => status !== 200).length;
console.log(`${connections} connections of one client for ${seconds} s: ${await flooded}`);
console.log(
  `${logins.length} logins of ${PEOPLE} others: ${failed} failed, p50 ${Math.round(computePercentile(times, 0.5))} ms, ` +
    `slowest ${Math.round(Math.max(...times))} ms`,
);
