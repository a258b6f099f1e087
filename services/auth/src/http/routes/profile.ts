import { problems, type Route } from '@latchkey/http';
import { z } from 'zod';
import type { ChangeProfile } from '../../account/index.ts';
import { BASE } from '../base-path.ts';
import { contextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { operationRoute } from '../operation.ts';
import { accountView, changed, names, sequenceHeader, viewAccount } from '../views.ts';

const body = z.object({
  username: names.username.optional(),
  firstName: names.firstName.optional(),
  lastName: names.lastName.optional(),
  locale: names.locale.optional(),
});

export const historyView = z.object({
  events: z.array(
    z.object({ sequence: z.int(), type: z.string(), at: z.iso.datetime(), summary: z.string() }),
  ),
});

export function profileRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'changeProfile',
    method: 'PATCH',
    path: `${BASE}/profile`,
    tag: 'accounts',
    summary: "Change one's names or language",
    policy: guards.verified,
    body,
    answers: { 200: changed('The account now.', z.object({ user: accountView })) },
    problems: [problems.conflict],
    handle: async (request) => {
      const { state } = await useCases.changeProfile(request.caller, given(request.body), contextOf(request));
      return { status: 200, body: { user: viewAccount(state) }, headers: sequenceHeader(state) };
    },
  });
}

function given({ username, firstName, lastName, locale }: z.infer<typeof body>): Omit<ChangeProfile, 'type'> {
  return {
    ...(username !== undefined && { username }),
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    ...(locale !== undefined && { locale }),
  };
}

export function historyRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'accountHistory',
    method: 'GET',
    path: `${BASE}/history`,
    tag: 'accounts',
    summary: "What happened to one's own account",
    policy: guards.verified,
    answers: { 200: { description: 'Oldest first.', schema: historyView } },
    handle: async ({ caller }) => ({
      status: 200,
      body: { events: await useCases.accountHistory(caller.userId) },
    }),
  });
}
