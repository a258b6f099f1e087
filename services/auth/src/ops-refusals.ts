/** Turns refusals of auth's use cases into error messages for operators. */
import { Refused } from './refused.ts';

export function createNoSuchAccountError(account: string): Error {
  return new Error(`there is no account ${account}, or it has ended already`);
}

/**
 * Creates a function to pass to `catch`. If the error is a refusal of a use case, the function throws an
 * error with a one-line explanation for the operator instead; it throws any other error unchanged.
 * @param account the account, as the operator entered it
 */
export function rethrowRefusalAsOperatorError(account: string) {
  return (error: unknown): never => {
    if (!(error instanceof Refused)) throw error;
    const { kind } = error.refusal;
    if (kind === 'last_admin')
      throw new Error(`${account} is the last admin: make another account an admin first`);
    if (kind === 'not_found') throw createNoSuchAccountError(account);
    if (kind === 'conflict') throw new Error(`${account} was changed at the same time: try again`);
    throw error;
  };
}
