import { Argument } from '@commander-js/extra-typings';
import { openAuthOps } from '@latchkey/auth/ops';
import { type Role, role } from '@latchkey/events';
import type { CommandContext } from '../context.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { withOpenedStore } from '../stores.ts';

/**
 * Adds the command that gives an account a role. The command needs only access to the journal, not the token
 * of an admin, so it can also create the first admin.
 */
export function addRoleCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('role')
    .description('give the verified account of an address a role')
    .argument('<email>', 'address of a verified account')
    .addArgument(new Argument('<user|admin>', 'the new role').choices(role.options))
    .addHelpText('after', formatExamples('role ada@example.com admin', 'role ada@example.com user'))
    .action((email, wanted) =>
      withOpenedStore(context, async (store) => {
        const before = await openAuthOps(store).changeRole(email, wanted);
        context.print(outcome(email, before, wanted));
      }),
    );
}

function outcome(email: string, before: Role, now: Role): string {
  return before === now
    ? `${email} is ${now} already.`
    : `${email}: ${before} → ${now}. Its sessions have ended: sign in again.`;
}
