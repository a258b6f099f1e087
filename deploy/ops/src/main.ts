/** `npm run ops -- <command>`: what ops do by hand. Prints what it did; one clear line and exit 1 otherwise. */
import { ConfigError, withDotEnv } from '@latchkey/service';
import { UsageError } from './command.ts';
import { run, usage } from './run.ts';
import { terminal } from './terminal.ts';

const explain = (error: unknown): string => {
  if (error instanceof UsageError) return `${error.message}\n\n${usage()}`;
  if (error instanceof ConfigError) return error.faults.join('\nops: ');
  return error instanceof Error ? error.message : String(error);
};

const { end, ...lines } = terminal(process.stdout, process.stderr);
try {
  await run(process.argv.slice(2), { environment: withDotEnv(process.env, process.cwd()), ...lines });
  end();
} catch (error) {
  lines.note(`ops: ${explain(error)}`);
  process.exitCode = 1;
}
