/**
 * Measures the event loop of a standalone with many accounts, while it starts, and while operators and people run
 * commands on these accounts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { eventually } from '../../test/support/eventually.ts';
import { startOpsCommand } from '../../test/support/ops-process.ts';
import { createUniquePerson } from '../../test/support/people.ts';
import type { BenchmarkFigure } from '../support/benchmark.ts';
import { repeatConcurrently } from '../support/load.ts';
import { seedDataFolder } from '../support/seed.ts';
import { type BenchmarkServer, startBenchmarkServer } from '../support/server.ts';
import { createEventLoopTurnFigures, ROW_COUNT } from './longest-turn.ts';
import type { LongestEventLoopTurn } from './turn-meter.ts';

const COMMITS = 10_000;
const ERASED = 100;
const DONE_WITHIN_MS = 1_800_000;

export async function measureTurnsOfStandalone(): Promise<readonly BenchmarkFigure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const [ordinary, long] = [createUniquePerson(), createUniquePerson()];
  const turnsPort = await reserveFreePort();
  try {
    await seedDataFolder(folder, { accounts: ROW_COUNT, commits: COMMITS, ordinary, long });
    await using server = await startBenchmarkServer({
      DATA_DIR: folder,
      ERASURE_GRACE_DAYS: '0',
      TURNS_PORT: String(turnsPort),
      NODE_OPTIONS: `--import=${import.meta.resolve('./monitor.ts')}`,
    });
    /**
     * Runs `work`, and returns figures about the longest turn of the server's event loop during this time.
     */
    async function during(what: string, work: () => Promise<unknown>): Promise<readonly BenchmarkFigure[]> {
      await longestSoFar();
      await work();
      return createEventLoopTurnFigures(
        `${ROW_COUNT.toLocaleString('en')} accounts: ${what}`,
        await longestSoFar(),
      );
    }
    async function longestSoFar(): Promise<LongestEventLoopTurn> {
      return (await (await fetch(`http://127.0.0.1:${turnsPort}`)).json()) as LongestEventLoopTurn;
    }
    async function ops(...words: readonly string[]): Promise<void> {
      const command = startOpsCommand({ DATA_DIR: folder }, ...words);
      if ((await command.ended()) !== 0) throw new Error(command.output());
    }

    const figures = [
      ...(await during('they are published and read for the first time', () => publishAll(server))),
      ...(await during('the read model is rebuilt', () => ops('rebuild', 'user'))),
      ...(await during('ops verify', () => ops('verify'))),
      ...(await during('ops backup', () => ops('backup', join(folder, 'backup')))),
      ...(await during(`an account with ${COMMITS.toLocaleString('en')} commits is exported`, () =>
        exportAccount(server, long),
      )),
    ];
    const token = await signInAsAdmin(server, ops);
    return [...figures, ...(await during(`${ERASED} accounts are erased`, () => eraseSome(server, token)))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function publishAll({ metric }: BenchmarkServer): Promise<unknown> {
  const events = 2 * ROW_COUNT + COMMITS - 2;
  return eventually(
    'everything is published and read',
    async () => (await metric('latchkey_user_events_total')) >= events,
    DONE_WITHIN_MS,
  );
}

async function exportAccount(
  { people, client }: BenchmarkServer,
  person: ReturnType<typeof createUniquePerson>,
): Promise<void> {
  const { accessToken: token } = await people.login(person);
  const { status } = await client.post('/auth/export', { token, json: { password: person.password } });
  if (status !== 200) throw new Error(`the export was answered with ${status}`);
}

/**
 * Makes somebody an admin, and signs in as that person.
 * @returns the admin's access token
 */
async function signInAsAdmin(
  { people }: BenchmarkServer,
  ops: (...words: readonly string[]) => Promise<void>,
): Promise<string> {
  const admin = await people.verified(createUniquePerson());
  await ops('role', admin.email, 'admin');
  return (await people.login(admin)).accessToken;
}

/** Erases some of the seeded accounts as an admin, and waits until auth has removed them from its stores and the log. */
async function eraseSome({ client, metric }: BenchmarkServer, token: string): Promise<void> {
  const { json } = await client.get(`/users?q=seeded&limit=${ERASED}`, { token });
  const ids: readonly string[] = json.users.map(({ id }: { readonly id: string }) => id);
  await repeatConcurrently(ids.length, 4, async (index) => {
    const { status } = await client.delete(`/auth/accounts/${ids[index]}`, { token });
    if (status >= 300) throw new Error(`an erasure was answered with ${status}`);
  });
  await eventually(
    'the accounts are erased',
    async () => (await metric('latchkey_erasures_unfinished')) === 0,
    DONE_WITHIN_MS,
  );
}
