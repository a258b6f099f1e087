import { type Route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import type { ChangeProfileCommand } from '../../account/index.ts';
import { changeProfile } from '../../profile/change-profile.ts';
import { readOwnHistory } from '../../profile/own-history.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { ownHistoryQuerySchema, ownHistorySchema, toOwnHistoryView } from '../history-view.ts';
import { defineOperationRoute } from '../operation.ts';
import {
  accountSchema,
  createAccountSequenceHeader,
  createResponseSpecWithAccountSequence,
  profileFieldSchemas,
  toAccountView,
} from '../views.ts';

/** Creates the routes with which callers read and change their own account. */
export function createProfileRoutes(deps: RouteDeps): readonly Route[] {
  return [changeProfileRoute(deps), historyRoute(deps)];
}

const body = z.object({
  username: profileFieldSchemas.username.optional(),
  firstName: profileFieldSchemas.firstName.optional(),
  lastName: profileFieldSchemas.lastName.optional(),
  locale: profileFieldSchemas.locale.optional(),
});

function changeProfileRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'changeProfile',
    method: 'PATCH',
    path: `${AUTH_BASE_PATH}/profile`,
    tag: 'accounts',
    summary: "Change one's names or language",
    policy: deps.guards.verified,
    body,
    answers: {
      200: createResponseSpecWithAccountSequence('The account now.', z.object({ user: accountSchema })),
    },
    problems: [standardProblems.conflict, standardProblems.rate_limited],
    handle: async (request) => {
      const change = given(request.body);
      const { state } = await changeProfile(deps, change, request.caller, toUseCaseContext(request));
      return {
        status: 200,
        body: { user: toAccountView(state) },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}

function given({
  username,
  firstName,
  lastName,
  locale,
}: z.infer<typeof body>): Omit<ChangeProfileCommand, 'type'> {
  return {
    ...(username !== undefined && { username }),
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    ...(locale !== undefined && { locale }),
  };
}

function historyRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operationId: 'ownHistory',
    operation: 'accountHistory',
    method: 'GET',
    path: `${AUTH_BASE_PATH}/history`,
    tag: 'accounts',
    summary: "The history of one's own account",
    description: 'Includes sign-ins and failed attempts, which are kept for AUDIT_RETENTION_DAYS.',
    policy: deps.guards.verified,
    query: ownHistoryQuerySchema,
    answers: { 200: { description: 'Oldest first.', schema: ownHistorySchema } },
    handle: async ({ caller, query }) => {
      const page = { limit: query.limit, after: query.cursor };
      return { status: 200, body: toOwnHistoryView(await readOwnHistory(deps, caller.userId, page)) };
    },
  });
}
