/** Tests a consumer in any language with the conformance kit: libs/events/conformance/README.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const handled = z.object({ handled: z.string(), sequence: z.number() });
const account = z.object({
  account: z.string(),
  sequence: z.number(),
  parked: z.enum(['gap', 'unreadable', 'forked']).nullable(),
  username: z.string().nullable(),
});

const kit = z.array(
  z.object({
    name: z.string(),
    records: z.array(
      z.object({
        key: z.string().nullable(),
        headers: z.record(z.string(), z.string()),
        value: z.string().nullable(),
      }),
    ),
    expected: z.object({ handled: z.array(handled), accounts: z.array(account) }),
  }),
);

export type ConformanceCase = z.infer<typeof kit>[number];
export type ConformanceOutcome = ConformanceCase['expected'];

export const conformanceCases: readonly ConformanceCase[] = kit.parse(
  JSON.parse(readFileSync(new URL('../conformance/cases.json', import.meta.url), 'utf8')),
);

/** How long a consumer may take for the records of a case, in ms. Includes the start of the consumer. */
const TIME_LIMIT_MS = 30_000;

/**
 * Runs a command on the records of a conformance case.
 * @throws Error if the command fails, does not end within the time limit, or prints anything except outcomes
 */
export async function runConformanceCase(
  [program = '', ...words]: readonly string[],
  records: ConformanceCase['records'],
  { cwd, env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ConformanceOutcome> {
  // The command is started in a process group of its own, so that ending the group also ends the child
  // processes of commands such as `npx`.
  const child = spawn(program, words, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const limit = setTimeout(() => {
    child.stdout.destroy(new Error(`${program} did not end within ${TIME_LIMIT_MS / 1000} s`));
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, TIME_LIMIT_MS);
  // Ignore this error: a consumer may exit without reading its input, and its exit code and output show
  // whether it has failed.
  child.stdin.on('error', () => undefined);
  child.stdin.end(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const [printed, code] = await Promise.all([text(child.stdout), ended]).finally(() => clearTimeout(limit));
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  const lines = printed.split('\n').filter((line) => line !== '');
  const outcomes = lines.map((line) => z.union([handled, account]).parse(JSON.parse(line)));
  return {
    handled: outcomes.filter((outcome) => 'handled' in outcome),
    accounts: outcomes.filter((outcome) => 'account' in outcome),
  };
}

/**
 * Compares an outcome with the expected one.
 * @throws AssertionError that shows the difference
 */
export function assertConformanceOutcome(
  actual: ConformanceOutcome,
  { name, expected }: ConformanceCase,
): void {
  assert.deepEqual(sorted(actual), sorted(expected), name);
}

/** Sorts the handled events by account, because events of different accounts may be handled in any order. */
function sorted({ handled: events, accounts }: ConformanceOutcome) {
  return {
    handled: Object.fromEntries(Map.groupBy(events, (event) => event.handled)),
    accounts: accounts.toSorted((a, b) => (a.account < b.account ? -1 : 1)),
  };
}
