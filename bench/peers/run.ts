/**
 * `npm run bench:peers` measures Latchkey and Better Auth alternately, with the same operations. It installs Better
 * Auth in this folder. `npm run bench:peers -- ./my-adapter.ts http://localhost:3000` also measures another system,
 * whose adapter file must export `openComparedServer`.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '../../test/support/eventually.ts';
import { createUniquePerson } from '../../test/support/people.ts';
import { measurePasswordHashCpu } from '../support/hash-limit.ts';
import { measureMs, repeatConcurrently } from '../support/load.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';
import { computeMedian } from '../support/statistics.ts';
import { openComparedServer as openBetterAuth } from './better-auth.ts';
import { openComparedServer as openLatchkey } from './latchkey.ts';
import type { ComparedServer, NewBenchmarkUser, OpenComparedServer } from './peer.ts';

const ROUNDS = Number(process.env['PEERS_ROUNDS'] ?? 5);
const MANY = 60;

interface Contender {
  readonly peer: ComparedServer;
  readonly sink: SmtpSink;
  readonly person: NewBenchmarkUser;
  readonly session: string;
}

interface Sample {
  /** The CPU time that the server used, in ms; undefined if the CPU time is not known. */
  readonly cpu: number | undefined;
  readonly wall: number;
}

const work: Readonly<Record<string, (contender: Contender) => Promise<void>>> = {
  async 'sign-up until the mail is accepted'({ peer, sink }) {
    const before = sink.count();
    await repeatConcurrently(MANY, 1, () => peer.signUp(createUniquePerson()));
    if (peer.mails) await eventually('all mails are accepted', () => sink.count() >= before + MANY);
  },
  'sign-in': ({ peer, person }) => repeatConcurrently(MANY, 1, () => peer.signIn(person)),
  'looking up whose session it is': ({ peer, session }) =>
    repeatConcurrently(MANY, 1, () => peer.whoAmI(session)),
};

async function contend(open: OpenComparedServer, url?: string): Promise<Contender> {
  const sink = await startSmtpSink();
  const peer = await open({ sink, ...(url !== undefined && { url }) });
  const person = createUniquePerson();
  await peer.signUp(person);
  if (peer.mails) await eventually('the mail is accepted', () => sink.count() === 1);
  return { peer, sink, person, session: await peer.signIn(person) };
}

async function measure(contender: Contender, run: (contender: Contender) => Promise<void>): Promise<Sample> {
  const { peer } = contender;
  const before = await peer.cpuMs?.();
  const wall = await measureMs(() => run(contender));
  const after = await peer.cpuMs?.();
  const cpu = before === undefined || after === undefined ? undefined : (after - before) / MANY;
  return { cpu, wall: wall / MANY };
}

function milliseconds(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? 'unknown' : `${computeMedian(known).toFixed(2)} ms`;
}

async function installPeers(): Promise<void> {
  const folder = import.meta.dirname;
  if (existsSync(join(folder, 'node_modules/better-auth'))) return;
  await promisify(execFile)('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
}

async function openOthers(words: readonly string[]): Promise<readonly Contender[]> {
  const [file, url] = words;
  if (file === undefined) return [];
  const { openComparedServer }: { openComparedServer: OpenComparedServer } = await import(
    pathToFileURL(resolve(file)).href
  );
  return [await contend(openComparedServer, url)];
}

await installPeers();
const contenders = [
  await contend(openLatchkey),
  await contend(openBetterAuth),
  ...(await openOthers(process.argv.slice(2))),
];
console.log(`An argon2id hash takes ${(await measurePasswordHashCpu(MANY)).toFixed(2)} ms of CPU here.\n`);
console.log('| work | system | CPU | wall time |\n| --- | --- | --- | --- |');
for (const [what, run] of Object.entries(work)) {
  const samples = new Map<Contender, Sample[]>(contenders.map((each) => [each, []]));
  // Round 0 is a warm-up, whose results are not used.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [contender, list] of samples) {
      const sample = await measure(contender, run);
      if (round > 0) list.push(sample);
    }
  }
  for (const [{ peer }, list] of samples) {
    const cpu = milliseconds(list.map((sample) => sample.cpu));
    console.log(`| ${what} | ${peer.name} | ${cpu} | ${milliseconds(list.map(({ wall }) => wall))} |`);
  }
}
for (const { peer, sink } of contenders) {
  await peer.stop?.();
  await sink[Symbol.asyncDispose]();
}
