import { catalogue, role } from '@latchkey/events';
import { problems, type Route } from '@latchkey/http';
import { z } from 'zod';
import { emailAddress } from '../../credentials/email.ts';
import { BASE } from '../base-path.ts';
import { contextOf, repeatable, repeatableContextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { operationRoute } from '../operation.ts';
import { refusals } from '../problems.ts';
import { accountView, changed, sequenceHeader, viewAccount } from '../views.ts';
import { historyView } from './profile.ts';

const params = z.object({ id: z.uuid() });
function accountAnswer(description: string) {
  return changed(description, z.object({ user: accountView }));
}

const LONGEST_REASON = 500;
const MOST_RECIPIENTS = 100;

const reasonBody = z
  .object({ reason: z.string().trim().min(1).max(LONGEST_REASON).optional() })
  .meta({ description: 'The reason is personal data, seen by whoever reads the events.' });

function given({ reason }: z.infer<typeof reasonBody>) {
  return reason === undefined ? {} : { reason };
}

export function changeRoleRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'changeRole',
    method: 'PUT',
    path: `${BASE}/accounts/:id/role`,
    tag: 'administration',
    summary: "Change an account's role",
    policy: guards.withRole('admin'),
    params,
    body: z.object({ role }),
    answers: { 200: accountAnswer('The account now.') },
    problems: [problems.not_found, problems.conflict, refusals.own_account],
    handle: async (request) => {
      const ask = { userId: request.params.id, by: request.caller.userId, role: request.body.role };
      const { state } = await useCases.changeRole(ask, contextOf(request));
      return { status: 200, body: { user: viewAccount(state) }, headers: sequenceHeader(state) };
    },
  });
}

function switchRoute(
  { guards, count }: RouteDeps,
  verb: 'disable' | 'enable',
  summary: string,
  run: RouteDeps['useCases']['disableAccount'],
): Route {
  return operationRoute(count, {
    operation: `${verb}Account`,
    method: 'POST',
    path: `${BASE}/accounts/:id/${verb}`,
    tag: 'administration',
    summary,
    policy: guards.withRole('admin'),
    params,
    body: reasonBody,
    accepts: ['none', 'json'],
    answers: { 200: accountAnswer('The account now.') },
    problems: [problems.not_found, problems.conflict, refusals.own_account],
    handle: async (request) => {
      const ask = { userId: request.params.id, by: request.caller.userId, ...given(request.body) };
      const { state } = await run(ask, contextOf(request));
      return { status: 200, body: { user: viewAccount(state) }, headers: sequenceHeader(state) };
    },
  });
}

export function disableRoute(deps: RouteDeps): Route {
  return switchRoute(
    deps,
    'disable',
    'Disable an account: ends its sessions and links',
    deps.useCases.disableAccount,
  );
}

export function enableRoute(deps: RouteDeps): Route {
  return switchRoute(deps, 'enable', 'Enable an account again', deps.useCases.enableAccount);
}

export function accountHistoryRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'accountHistory',
    method: 'GET',
    path: `${BASE}/accounts/:id/history`,
    tag: 'administration',
    summary: 'What happened to an account',
    policy: guards.withRole('admin'),
    params,
    answers: { 200: { description: 'Oldest first.', schema: historyView } },
    problems: [problems.not_found],
    handle: async (request) => ({
      status: 200,
      body: { events: await useCases.accountHistory(request.params.id) },
    }),
  });
}

export function sendMailRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'sendMail',
    method: 'POST',
    path: `${BASE}/send-mail`,
    tag: 'administration',
    summary: 'Send a mail to a list of addresses',
    description: 'One mail per address, all or nothing.',
    policy: guards.withRole('admin'),
    headers: repeatable,
    body: z.object({
      addresses: z.array(emailAddress).min(1).max(MOST_RECIPIENTS),
      template: catalogue.MailRequested.schema.shape.template.default('welcome'),
    }),
    answers: {
      202: {
        description: 'Written down; the mails follow.',
        schema: z.object({ message: z.string(), mailingId: z.uuid() }),
      },
    },
    problems: [problems.rate_limited, problems.conflict],
    handle: async (request) => {
      const { addresses, template } = request.body;
      // Two spellings of one address are one recipient.
      const recipients = [
        ...new Map(addresses.map((address) => [address.canonical, address.stored])).values(),
      ];
      const mailingId = await useCases.sendMail(
        request.caller,
        { recipients, template },
        repeatableContextOf(request),
      );
      return { status: 202, body: { message: 'Email accepted for sending', mailingId } };
    },
  });
}
