import { readEmbeddedStoreConfig } from '@latchkey/backend';
import type { CommandContext } from '../context.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { withDataFile } from '../stores.ts';

/**
 * Adds the command that rewrites the database file of a stopped standalone. A standalone also rewrites the
 * file itself when it starts after an erasure.
 */
export function addVacuumCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('vacuum')
    .description('rewrite the file of a stopped standalone, so that it contains no erased data')
    .addHelpText('after', formatExamples('vacuum'))
    .action(() =>
      withDataFile(
        context,
        async ({ name, rewrite }) => {
          rewrite();
          context.print(`${name} was rewritten. It contains no erased data.`);
        },
        { config: readEmbeddedStoreConfig(context.environment), as: 'exclusive' },
      ),
    );
}
