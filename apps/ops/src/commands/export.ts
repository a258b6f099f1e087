import { openAuthOps as openAuth } from '@latchkey/auth/ops';
import { openOps as openNotifier } from '@latchkey/notifier/ops';
import type { CommandContext } from '../context.ts';
import { formatExamples, type Program } from '../program.ts';
import { withStore } from '../stores.ts';

/** Adds the command that prints everything that is stored about an account. */
export function addExportCommand(program: Program, context: CommandContext): void {
  program
    .command('export')
    .description('print everything that is stored about an account, as one JSON document')
    .argument('<account>', 'id of an account, or address of a verified one')
    .addHelpText('after', formatExamples('export ada@example.com > ada.json'))
    .action((account) =>
      withStore(context, async (store) => {
        const { mailsOf } = openNotifier(store);
        const pieces = await openAuth(store).exportAccount(account, mailsOf);
        for await (const line of pieces) context.print(line.trimEnd());
      }),
    );
}
