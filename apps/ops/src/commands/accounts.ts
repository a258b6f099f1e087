import { Option } from '@commander-js/extra-typings';
import { openAuthOps } from '@latchkey/auth/ops';
import type { CommandContext } from '../context.ts';
import { formatProperties } from '../output/listing.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { withOpenedStore } from '../stores.ts';

/** Adds the command that shows, cancels and undoes changes of an account's email address. */
export function addAccountsCommand(program: OpsProgram, context: CommandContext): void {
  const accounts = program
    .command('accounts')
    .description('show and repair changes of address')
    .addHelpText('after', formatExamples('accounts email ada@example.com'));

  accounts
    .command('email')
    .description('show the address of an account, and changes of it that can still be confirmed or undone')
    .argument('<account>', 'id of an account, or address of a verified one, also its previous address')
    .addOption(
      new Option('--cancel', 'cancel a change that was requested: its link no longer works').conflicts(
        'undo',
      ),
    )
    .option('--undo', 'give the account its previous address back, and end every session')
    .addHelpText(
      'after',
      formatExamples(
        'accounts email ada@example.com',
        'accounts email ada@example.com --cancel',
        'accounts email ada@example.com --undo',
      ),
    )
    .action((account, { cancel, undo }) =>
      withOpenedStore(context, async (store) => {
        const auth = openAuthOps(store);
        if (cancel) {
          await auth.cancelEmailChange(account);
          context.print('The change of address is canceled: its link no longer works.');
          return;
        }
        if (undo) {
          const email = await auth.undoEmailChange(account);
          context.print(`The address is ${email} again. Its owner can now request a new password there.`);
          return;
        }
        const { userId, email, requested, previous } = await auth.emailChange(account);
        const lines = formatProperties({
          account: userId,
          address: email,
          requested: requested && `${requested.email}, can be confirmed until ${requested.until}`,
          previous: previous && `${previous.email}, can be restored until ${previous.until}`,
        });
        for (const line of lines) context.print(line);
      }),
    );
}
