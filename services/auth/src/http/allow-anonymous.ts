import type { AccessPolicy } from '@latchkey/http';
import type { Caller } from '../deps.ts';

/**
 * Creates a policy that admits requests without an access token, but still refuses an invalid access token.
 */
export function createAnonymousAccessPolicy(
  authenticated: AccessPolicy<Caller>,
): AccessPolicy<Caller | null> {
  return {
    ...authenticated,
    who: 'anyone, or any living account',
    bearer: 'optional',
    authorise: async (request) =>
      request.headers['authorization'] === undefined ? null : authenticated.authorise(request),
  };
}
