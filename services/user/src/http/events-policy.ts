/** The policy of the event feed: only service clients whose key has the scope `events` may read it. */
import { authenticateClient, type ServiceClients } from '@latchkey/clients';
import type { FeedReader } from '@latchkey/feed';
import { type AccessPolicy, createUnavailableProblem, Problem, standardProblems } from '@latchkey/http';
import { StoreUnavailable } from '@latchkey/store';

export function createEventsFeedPolicy(deps: {
  readonly clients: Pick<ServiceClients, 'find'>;
  now(): Date;
}): AccessPolicy<FeedReader> {
  return {
    who: 'a service client whose key has the scope `events` (`ops clients add`)',
    bearer: false,
    problems: [standardProblems.unauthenticated, standardProblems.unavailable],
    async authorise({ headers: { authorization } }) {
      const client = await find(deps, authorization);
      if (client !== undefined) return client;
      throw new Problem(standardProblems.unauthenticated, {
        detail: 'Send the API key of a client that may read events: Authorization: Bearer <key>.',
        headers: { 'WWW-Authenticate': 'Bearer realm="latchkey"' },
      });
    },
  };
}

async function find(
  { clients, now }: Parameters<typeof createEventsFeedPolicy>[0],
  authorization: string | undefined,
): Promise<FeedReader | undefined> {
  try {
    return await authenticateClient(clients, { authorization, scope: 'events', now: now() });
  } catch (error) {
    if (error instanceof StoreUnavailable)
      throw createUnavailableProblem('Keys cannot be checked. Try again.', 1, error);
    throw error;
  }
}
