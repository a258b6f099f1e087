import { readStoreConfig } from '@latchkey/backend';
import type { CommandContext } from '../context.ts';
import { formatExamples, type Program } from '../program.ts';
import { withStore } from '../stores.ts';

/** Adds the command that rewrites the database file, as the standalone does when it starts after an erasure. */
export function addVacuumCommand(program: Program, context: CommandContext): void {
  program
    .command('vacuum')
    .description('rewrite the file of a stopped standalone, so that it contains no erased data')
    .addHelpText('after', formatExamples('vacuum'))
    .action(() => {
      const config = readStoreConfig({ ...context.environment, STORE: 'sqlite' });
      return withStore(
        context,
        async (store) => {
          if (store.kind !== 'sqlite')
            throw new Error('STORE: only the file of a data folder can be rewritten');
          store.database.rewrite();
          context.print('latchkey.sqlite was rewritten. It contains no erased data.');
        },
        { config, as: 'exclusive' },
      );
    });
}
