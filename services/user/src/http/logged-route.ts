/**
 * Wraps routes so that they log two things: requests that the route's access policy refuses, and actions of
 * admins. The log lines have the names and fields of the security events that auth publishes. The user
 * service logs them instead of publishing events, because only auth may publish security events (ADR 31).
 */
import {
  Problem,
  type RequestContext,
  type Route,
  type RouteResponse,
  standardProblems,
} from '@latchkey/http';
import { accountNotVerifiedRefusal } from '@latchkey/tokens';
import { z } from 'zod';

/** The problems that are logged as denied access. A missing or expired token is not logged. */
const DENIALS: ReadonlySet<string> = new Set([
  standardProblems.insufficient_permission.code,
  accountNotVerifiedRefusal.code,
]);

const account = z.object({ profile: z.object({ id: z.uuid() }), role: z.string() });
const target = z.object({ id: z.string() });
const refusedAccount = z.object({ account: z.uuid() });

/** Returns a route that also logs refusals and actions of admins. */
export function withSecurityLog(route: Route): Route {
  const { policy } = route;
  const action = `${route.method} ${route.path}`;
  const isForAdmins = [...policy.problems, ...(route.problems ?? [])].some(
    ({ code }) => code === standardProblems.insufficient_permission.code,
  );

  function logDenial(error: unknown, { log }: RequestContext, caller?: unknown): void {
    if (!(error instanceof Problem) || !DENIALS.has(error.spec.code)) return;
    const actor =
      account.safeParse(caller).data?.profile.id ?? refusedAccount.safeParse(error.details).data?.account;
    log.info({ actor: actor ?? 'unknown', action, reason: error.spec.code }, 'AccessDenied');
  }

  async function handle(input: Parameters<Route['handle']>[0]): Promise<RouteResponse> {
    const caller = account.safeParse(input.caller).data;
    const about = target.safeParse(input.params).data?.id;
    const isAdminAction = isForAdmins && caller?.role === 'admin' && about !== caller.profile.id;
    function log(outcome: string): void {
      if (isAdminAction) input.log.info({ actor: caller.profile.id, action, about, outcome }, 'AdminAction');
    }
    try {
      const answer = await route.handle(input);
      log('ok');
      return answer;
    } catch (error) {
      logDenial(error, input, input.caller);
      log(error instanceof Problem ? error.spec.code : 'failed');
      throw error;
    }
  }

  async function authorise(request: RequestContext): Promise<unknown> {
    try {
      return await policy.authorise(request);
    } catch (error) {
      logDenial(error, request);
      throw error;
    }
  }

  return { ...route, policy: { ...policy, authorise }, handle };
}
