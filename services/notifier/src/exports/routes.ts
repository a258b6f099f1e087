/**
 * The route from which auth reads the mails of an account for its export, if auth runs in another process.
 * The gateway does not expose this route.
 */
import { type ExportedMail, exportedMailSchema } from '@latchkey/export';
import { createUnavailableProblem, Problem, type Route, route } from '@latchkey/http';
import { StoreUnavailable } from '@latchkey/store';
import { createGuards, type VerifyToken } from '@latchkey/tokens';
import { z } from 'zod';
import type { DeliveryStore } from '../ports/deliveries.ts';
import { readMailsForOwner } from './exported-mails.ts';

const MOST = 200;

const page = z.object({ mails: z.array(exportedMailSchema) });

/**
 * The query parameters of a page of mails. `at` and `after` are the time and the id of the last mail on the
 * previous page. The next page can be found even if that mail has been removed meanwhile.
 */
const query = z.object({
  at: z.iso.datetime().optional(),
  after: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(MOST).default(MOST),
});

/**
 * Creates the route that returns the mails to the address of the caller's account, oldest first. It does not
 * check whether the token is revoked, because auth has already done so.
 */
export function createMailsExportRoute(deps: {
  readonly deliveries: Pick<DeliveryStore, 'ofSubject'>;
  readonly verify: VerifyToken;
}): Route {
  const { authenticated } = createGuards({
    verify: deps.verify,
    sessionStatus: async ({ email_verified: verified, role }) => ({ verified, role }),
    refuse: (spec, details) => new Problem(spec, details),
  });
  return route({
    method: 'GET',
    path: '/api/v1/mails',
    tag: 'mails',
    summary: 'The mails of an account, for its export',
    policy: authenticated,
    query,
    answers: { 200: { description: 'A page of mails. An empty page is the end of the list.', schema: page } },
    hidden: true,
    quiet: true,
    handle: async ({ caller, query: { at, after, limit } }) => {
      const last =
        at !== undefined && after !== undefined ? { occurredAt: new Date(at), id: after } : undefined;
      const found = await answerFailures(() =>
        takeFirst(readMailsForOwner(deps.deliveries, caller.claims.sub, last), limit),
      );
      return { status: 200, body: { mails: found } };
    },
  });
}

/** Returns the first `limit` mails of a list. Reads only as many pages of the store as necessary. */
async function takeFirst(
  mails: AsyncIterable<ExportedMail>,
  limit: number,
): Promise<readonly ExportedMail[]> {
  const first: ExportedMail[] = [];
  for await (const mail of mails) if (first.push(mail) === limit) break;
  return first;
}

/** Runs `work` and returns its result. @throws Problem (unavailable) if the store fails; other errors unchanged */
async function answerFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreUnavailable)
      throw createUnavailableProblem('Mails cannot be reached. Try again.', 1, error);
    throw error;
  }
}
