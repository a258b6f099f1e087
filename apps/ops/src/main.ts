/** Entry point of `npm run ops -- <command>`. */
import { withDotEnv } from '@latchkey/process';
import { runCommandLine } from './cli.ts';
import { createTerminal } from './output/terminal.ts';

const { end, ...output } = createTerminal(process.stdout, process.stderr);
process.exitCode = await runCommandLine(process.argv.slice(2), {
  readEnvironment: () => withDotEnv(process.env, process.cwd()),
  ...output,
});
end();
