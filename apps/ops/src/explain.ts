import { ConfigError } from '@latchkey/process';
import { UsageError } from './command.ts';
import { usage } from './run.ts';

/** What a command that failed says on stderr. */
export function explain(error: unknown): string {
  if (error instanceof UsageError) return `ops: ${error.message}\n\n${usage()}`;
  if (error instanceof ConfigError) return error.faults.map((fault) => `ops: ${fault}`).join('\n');
  return `ops: ${error instanceof Error ? error.message : String(error)}`;
}
