import { reason, role } from '@latchkey/events';
import { type Route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import {
  changeRole,
  disableAccount,
  enableAccount,
  revokeSessions,
} from '../../administration/manage-accounts.ts';
import { sendPasswordResetMail } from '../../administration/send-password-reset.ts';
import { readAccountHistory } from '../../profile/history.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { historyQuerySchema, historySchema, toHistoryView } from '../history-view.ts';
import { defineOperationRoute } from '../operation.ts';
import { refusalProblemSpecs } from '../problems.ts';
import {
  accountSchema,
  createAccountSequenceHeader,
  createResponseSpecWithAccountSequence,
  toAccountView,
} from '../views.ts';

/** Creates the routes with which admins read and change other accounts. */
export function createAccountRoutes(deps: RouteDeps): readonly Route[] {
  return [
    changeRoleRoute(deps),
    disableRoute(deps),
    enableRoute(deps),
    revokeSessionsRoute(deps),
    passwordResetRoute(deps),
    accountHistoryRoute(deps),
  ];
}

const params = z.object({ id: z.uuid() });
const changedAccount = createResponseSpecWithAccountSequence(
  'The account now.',
  z.object({ user: accountSchema }),
);
const otherAccountProblems = [
  standardProblems.not_found,
  standardProblems.conflict,
  refusalProblemSpecs.own_account,
  refusalProblemSpecs.last_admin,
];

const reasonBody = z
  .object({ reason: z.string().trim().min(1).pipe(reason).optional() })
  .meta({ description: 'The reason is personal data, visible to every reader of the events.' });

function changeRoleRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'changeRole',
    method: 'PUT',
    path: `${AUTH_BASE_PATH}/accounts/:id/role`,
    tag: 'administration',
    summary: "Change an account's role",
    policy: deps.guards.withRole('admin'),
    params,
    body: z.object({ role }),
    answers: { 200: changedAccount },
    problems: otherAccountProblems,
    handle: async (request) => {
      const target = { userId: request.params.id, by: request.caller.userId };
      const { state } = await changeRole(
        deps,
        { ...target, role: request.body.role },
        toUseCaseContext(request),
      );
      return {
        status: 200,
        body: { user: toAccountView(state) },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}

function switchRoute(
  deps: RouteDeps,
  declaration: { readonly operation: string; readonly verb: 'disable' | 'enable'; readonly summary: string },
  run: typeof disableAccount,
): Route {
  const { operation, verb, summary } = declaration;
  return defineOperationRoute(deps.count, {
    operation,
    method: 'POST',
    path: `${AUTH_BASE_PATH}/accounts/:id/${verb}`,
    tag: 'administration',
    summary,
    policy: deps.guards.withRole('admin'),
    params,
    body: reasonBody,
    accepts: ['none', 'json'],
    answers: { 200: changedAccount },
    problems: otherAccountProblems,
    handle: async (request) => {
      const { reason } = request.body;
      const target = { userId: request.params.id, by: request.caller.userId };
      const { state } = await run(
        deps,
        { ...target, ...(reason !== undefined && { reason }) },
        toUseCaseContext(request),
      );
      return {
        status: 200,
        body: { user: toAccountView(state) },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}

function disableRoute(deps: RouteDeps): Route {
  const summary = 'Disable an account, and end its sessions and links';
  return switchRoute(deps, { operation: 'disableAccount', verb: 'disable', summary }, disableAccount);
}

function enableRoute(deps: RouteDeps): Route {
  const summary = 'Enable a disabled account';
  return switchRoute(deps, { operation: 'enableAccount', verb: 'enable', summary }, enableAccount);
}

function revokeSessionsRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'revokeSessions',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/accounts/:id/sessions/revoke`,
    tag: 'administration',
    summary: 'End every session of an account',
    description: 'Also revokes every access token of the account. Its owner can sign in again.',
    policy: deps.guards.withRole('admin'),
    params,
    answers: {
      204: createResponseSpecWithAccountSequence('Every session and every access token is revoked.'),
    },
    problems: [standardProblems.not_found, standardProblems.conflict],
    handle: async (request) => {
      const { state } = await revokeSessions(deps, request.params.id, toUseCaseContext(request));
      return { status: 204, headers: createAccountSequenceHeader(state) };
    },
  });
}

function passwordResetRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'sendPasswordReset',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/accounts/:id/password-reset`,
    tag: 'administration',
    summary: 'Mail a link to choose a new password',
    description:
      "The link is mailed to the account's own address. The current password works until a new one is chosen. Counts as one recipient of the admin's mailings.",
    policy: deps.guards.withRole('admin'),
    params,
    answers: { 202: createResponseSpecWithAccountSequence('The mail will be sent.') },
    problems: [standardProblems.not_found, standardProblems.conflict, standardProblems.rate_limited],
    handle: async (request) => {
      const target = { userId: request.params.id, by: request.caller.userId };
      const { state } = await sendPasswordResetMail(deps, target, toUseCaseContext(request));
      return { status: 202, headers: createAccountSequenceHeader(state) };
    },
  });
}

function accountHistoryRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'accountHistory',
    method: 'GET',
    path: `${AUTH_BASE_PATH}/accounts/:id/history`,
    tag: 'administration',
    summary: 'The history of an account',
    policy: deps.guards.withRole('admin'),
    params,
    query: historyQuerySchema,
    answers: { 200: { description: 'Oldest first.', schema: historySchema } },
    problems: [standardProblems.not_found],
    handle: async ({ params: { id }, query }) => {
      const page = { limit: query.limit, after: query.cursor };
      return { status: 200, body: toHistoryView(await readAccountHistory(deps, id, page)) };
    },
  });
}
