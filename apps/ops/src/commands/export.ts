import { openAuthOps } from '@latchkey/auth/ops';
import { openNotifierOps } from '@latchkey/notifier/ops';
import type { CommandContext } from '../context.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { withOpenedStore } from '../stores.ts';

/** Adds the command that prints everything that is stored about an account. */
export function addExportCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('export')
    .description('print everything that is stored about an account, as one JSON document')
    .argument('<account>', 'id of an account, or address of a verified one')
    .addHelpText('after', formatExamples('export ada@example.com > ada.json'))
    .action((account) =>
      withOpenedStore(context, async (store) => {
        const { mailsOf } = openNotifierOps(store);
        const pieces = await openAuthOps(store).exportAccount(account, mailsOf);
        for await (const line of pieces) context.print(line.trimEnd());
      }),
    );
}
