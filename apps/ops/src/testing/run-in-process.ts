/** Runs ops commands in the process of the test, which is faster than starting a process for each. */
import { runOpsCommandLine } from '../cli.ts';
import type { ExitedProcess } from './run-ops.ts';

/** Runs an ops command in this process, with only the given environment variables. */
export async function runCommandInProcess(
  settings: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<ExitedProcess> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runOpsCommandLine(words, {
    readEnvironment: () => settings,
    outputClosed: new AbortController().signal,
    print: (line) => void out.push(line),
    note: (line) => void err.push(line),
  });
  return { code, out: linesOf(out), err: linesOf(err) };
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
