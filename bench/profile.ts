/**
 * `npm run bench:profile` profiles the main thread of a server that runs all services in one process, and writes flame
 * graphs (SVG) to the working folder. Arguments select the work: `npm run bench:profile -- login mail`. `--to=FOLDER`
 * writes to another folder.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { eventually } from '../test/support/eventually.ts';
import { createUniquePerson } from '../test/support/people.ts';
import type { Settings } from '../test/support/system.ts';
import { type CpuProfile, computeCallTree, type ProfileFrame } from './support/cpu-profile.ts';
import { drawFlameGraph } from './support/flame-graph.ts';
import { repeatConcurrently } from './support/load.ts';
import { createPersonWithGeneratedPassword } from './support/new-person.ts';
import { seedLog } from './support/seed-log.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { startMailSinkProcess } from './support/sink-process.ts';

const SAMPLE_EVERY_US = 250;
const WARM_UP = 150;
const MEASURED = 400;
const ACCOUNTS = 25_000;
const EVENTS_EACH = 4;

interface Profiled {
  readonly title: string;
  readonly operations: number;
  readonly tree: ProfileFrame;
}

const works: Readonly<Record<string, () => Promise<Profiled>>> = {
  login: () =>
    profileRequests('a login', async (server) => {
      const person = createUniquePerson();
      await server.people.signUp(person);
      return async (many) => await repeatConcurrently(many, 1, () => server.people.login(person));
    }),
  'sign-up': () =>
    profileRequests(
      'a sign-up until its mail is accepted',
      async (server) => async (many) =>
        await untilSent(server, many, () => server.people.signUp(createPersonWithGeneratedPassword())),
    ),
  mail: () =>
    profileRequests('a request to reset a password, until its mail is accepted', async (server) => {
      const people = Array.from({ length: MEASURED }, () => createUniquePerson());
      await repeatConcurrently(people.length, 4, (index) => server.people.signUp(personAt(people, index)));
      return async (many) =>
        await untilSent(server, many, (index) =>
          server.client.post('/auth/password-reset-request', {
            json: { email: personAt(people, index).email },
          }),
        );
    }),
  projection: profileProjection,
};

function personAt(people: readonly ReturnType<typeof createUniquePerson>[], index: number) {
  const person = people[index];
  if (person === undefined) throw new Error(`there is no person ${index}`);
  return person;
}

/**
 * Runs `work` `many` times, one run after the other. Then waits until the mail server has accepted one mail
 * for each run.
 */
async function untilSent(
  { metric }: BenchmarkServer,
  many: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  const sent = () => metric('latchkey_notifier_delay_seconds_count');
  const before = await sent();
  await repeatConcurrently(many, 1, work);
  await eventually('all mails are sent', async () => (await sent()) >= before + many);
}

type Work = (many: number) => Promise<void>;

/**
 * Profiles a server while it handles requests.
 * @param prepare returns a function that sends the requests. That function is called twice: once to warm up
 * the server, and once to be measured
 */
async function profileRequests(
  what: string,
  prepare: (server: BenchmarkServer) => Promise<Work>,
): Promise<Profiled> {
  await using sink = await startMailSinkProcess();
  const tree = await profileServer(sink.settings, async (server) => {
    const work = await prepare(server);
    await work(WARM_UP);
    return await timed(() => work(MEASURED));
  });
  return { title: `Main thread during ${what}`, operations: MEASURED, tree };
}

/**
 * Profiles a server while it fills its read model from an existing log. The profile begins when the server
 * starts, and ends when the server is ready.
 */
async function profileProjection(): Promise<Profiled> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  try {
    await seedLog(folder, { accounts: ACCOUNTS, eventsEach: EVENTS_EACH });
    const from = now();
    const tree = await profileServer({ DATA_DIR: folder }, async () => [from, now()]);
    return {
      title: 'Main thread from the start until the read model is filled, per event',
      operations: ACCOUNTS * EVENTS_EACH,
      tree,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Starts a server with a profiler, and stops the server when `work` has ended.
 * @param work returns the start and the end of the measured interval, in µs of the monotonic clock
 * @returns the call tree of the measured interval
 */
async function profileServer(
  settings: Settings,
  work: (server: BenchmarkServer) => Promise<readonly [number, number]>,
): Promise<ProfileFrame> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-profile-'));
  try {
    const options = `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=${SAMPLE_EVERY_US}`;
    let between: readonly [number, number];
    {
      await using server = await startBenchmarkServer({ ...settings, NODE_OPTIONS: options });
      between = await work(server);
    }
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
    if (file === undefined) throw new Error('the server wrote no profile');
    const profile: CpuProfile = JSON.parse(await readFile(join(folder, file), 'utf8'));
    return computeCallTree(profile, between);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<readonly [number, number]> {
  const from = now();
  await work();
  return [from, now()];
}

/** Returns the current time of the monotonic clock, in µs. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { to: { type: 'string', default: '.' } },
});
for (const name of positionals.length > 0 ? positionals : Object.keys(works)) {
  const work = works[name];
  if (work === undefined) throw new Error(`There is no work ${name}: ${Object.keys(works).join(', ')}`);
  const { title, operations, tree } = await work();
  const perOperation = (tree.ms / operations).toFixed(tree.ms / operations < 1 ? 3 : 1);
  const file = resolve(values.to, `profile-${name}.svg`);
  await writeFile(file, drawFlameGraph(tree, { title: `${title}: ${perOperation} ms`, operations }));
  console.log(`${file}: ${perOperation} ms`);
}
