/** A command in this process, for tests that run many of them. */
import { explain } from '../explain.ts';
import { failureCode, run } from '../run.ts';
import type { Ended } from './run-ops.ts';

/** Runs a command to its end, with these settings and no others. */
export async function runHere(
  settings: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  function ended(code: number): Ended {
    return { code, out: linesOf(out), err: linesOf(err) };
  }
  function say(line: string): void {
    void out.push(line);
  }
  function note(line: string): void {
    void err.push(line);
  }
  try {
    return ended(await run(words, { environment: settings, say, note }));
  } catch (error) {
    note(explain(error));
    return ended(failureCode(words));
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
