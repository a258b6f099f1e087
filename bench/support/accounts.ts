import { createUniquePerson, type PersonActions } from '../../test/support/people.ts';
import { repeatConcurrently } from './load.ts';

const AT_ONCE = 4;

/**
 * Adds accounts that have signed up, verified their address and signed in once. Resolves once the read model
 * contains all of them.
 */
export async function addAccounts(people: PersonActions, many: number): Promise<void> {
  await repeatConcurrently(many, AT_ONCE, async () => {
    const { accessToken } = await people.login(await people.verified(createUniquePerson()));
    // The user service responds to this request only when the read model contains the account.
    await people.me(accessToken);
  });
}
