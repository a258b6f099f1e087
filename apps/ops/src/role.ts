import { openAdministration } from '@latchkey/auth';
import { type Role, role } from '@latchkey/events';
import { type Command, UsageError } from './command.ts';
import { withStore } from './stores.ts';

/** Gives the verified account of an address a role: how the first admin is made. Only appends. */
export const roleCommand: Command = {
  words: '<email> <user|admin>',
  does: 'give the verified account of an address a role',
  read(words) {
    const [email, name, ...rest] = words;
    if (email === undefined || name === undefined || rest.length > 0)
      throw new UsageError('role takes an address and a role, and nothing else');
    const wanted = role.safeParse(name);
    if (!wanted.success) throw new UsageError(`a role is user or admin, not ${name}`);
    return (context) =>
      withStore(context, async (store) => {
        const before = await openAdministration(store).changeRole(email, wanted.data);
        context.say(outcome(email, before, wanted.data));
      });
  },
};

function outcome(email: string, before: Role, now: Role): string {
  return before === now
    ? `${email} is ${now} already.`
    : `${email}: ${before} → ${now}. Its sessions have ended: log in again.`;
}
