/** Entry point of `npm run ops -- <command>`. */
import { withDotEnv } from '@latchkey/process';
import { runOpsCommandLine } from './cli.ts';
import { createTerminalOutput } from './output/terminal.ts';

const { end, ...output } = createTerminalOutput(process.stdout, process.stderr);
process.exitCode = await runOpsCommandLine(process.argv.slice(2), {
  readEnvironment: () => withDotEnv(process.env, process.cwd()),
  ...output,
});
end();
