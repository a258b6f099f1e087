/** `npm run ops -- <command>`: what ops do by hand. Prints what it did; one clear line and exit 1 otherwise. */
import { withDotEnv } from '@latchkey/process';
import { explain } from './explain.ts';
import { failureCode, run } from './run.ts';
import { terminal } from './terminal.ts';

const words = process.argv.slice(2);
const { end, ...lines } = terminal(process.stdout, process.stderr);
try {
  process.exitCode = await run(words, { environment: withDotEnv(process.env, process.cwd()), ...lines });
  end();
} catch (error) {
  lines.note(explain(error));
  process.exitCode = failureCode(words);
}
