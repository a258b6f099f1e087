import { problems, type Route } from '@latchkey/http';
import { z } from 'zod';
import { BASE } from '../base-path.ts';
import { contextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { operationRoute } from '../operation.ts';
import { changed, sequenceHeader } from '../views.ts';

const sessionView = z.object({
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  ip: z.string(),
  userAgent: z.string(),
  current: z.boolean(),
});

export function logoutAllRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'logoutEverywhere',
    method: 'POST',
    path: `${BASE}/logout-all`,
    tag: 'sessions',
    summary: 'End every session of the account',
    policy: guards.authenticated,
    answers: { 204: changed('Every session and every access token is dead.') },
    problems: [problems.conflict],
    handle: async (request) => {
      const { state } = await useCases.logoutEverywhere(request.caller, contextOf(request));
      return { status: 204, headers: sequenceHeader(state) };
    },
  });
}

export function listSessionsRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'listSessions',
    method: 'GET',
    path: `${BASE}/sessions`,
    tag: 'sessions',
    summary: 'Where the account is logged in',
    policy: guards.authenticated,
    answers: {
      200: { description: 'Newest login first.', schema: z.object({ sessions: z.array(sessionView) }) },
    },
    handle: async ({ caller }) => {
      const sessions = await useCases.listSessions(caller);
      return {
        status: 200,
        body: {
          sessions: sessions.map(({ id, createdAt, rotatedAt, ip, userAgent }) => ({
            id,
            createdAt: createdAt.toISOString(),
            lastUsedAt: rotatedAt.toISOString(),
            ip,
            userAgent,
            current: id === caller.sessionId,
          })),
        },
      };
    },
  });
}

export function endSessionRoute({ useCases, count, guards }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'endSession',
    method: 'DELETE',
    path: `${BASE}/sessions/:id`,
    tag: 'sessions',
    summary: 'End one session',
    policy: guards.authenticated,
    params: z.object({ id: z.uuid() }),
    answers: { 204: { description: 'Ended.' } },
    problems: [problems.not_found],
    handle: async ({ caller, params }) => {
      await useCases.endSession(caller, params.id);
      return { status: 204 };
    },
  });
}
