/** Makes a route record security events: denied access, and actions of admins. */
import {
  Problem,
  type RequestContext,
  type Route,
  type RouteResponse,
  standardProblems,
} from '@latchkey/http';
import { accountNotVerifiedRefusal } from '@latchkey/tokens';
import { z } from 'zod';
import type { AuditSink } from '../ports/audit.ts';
import { toUseCaseContext } from './context.ts';
import { toProblem } from './problems.ts';

/** A problem with which a policy refuses a request from a known account. */
export class AccessDeniedProblem extends Problem {
  readonly account: string | undefined;

  constructor(spec: Problem['spec'], details: Problem['details'], account: string | undefined) {
    super(spec, details);
    this.account = account;
  }
}

/**
 * The codes of the problems that are recorded as denied access: the caller lacks a permission, the request
 * comes from an origin that CORS_ORIGINS does not list, or the account is not verified. A missing or expired
 * token is not recorded.
 */
const DENIALS: ReadonlySet<string> = new Set([
  standardProblems.insufficient_permission.code,
  accountNotVerifiedRefusal.code,
]);

const admin = z.object({ userId: z.uuid(), role: z.literal('admin') });
const target = z.object({ id: z.uuid() });

/**
 * Extends a route so that denied access and, on admin routes, each action are recorded as security events.
 */
export function withSecurityEventRecording(audit: AuditSink, route: Route): Route {
  const { policy } = route;
  const action = `${route.method} ${route.path}`;
  const isForAdmins = policy.problems.some(
    ({ code }) => code === standardProblems.insufficient_permission.code,
  );

  function reportDenial(error: unknown, request: RequestContext): void {
    if (!(error instanceof Problem) || !DENIALS.has(error.spec.code)) return;
    const account = error instanceof AccessDeniedProblem ? error.account : undefined;
    const reason = error.spec.code;
    const data = { actor: account ?? 'unknown', accountId: account, action, reason } as const;
    audit.record({
      origin: toUseCaseContext(request),
      occurrence: { type: 'AccessDenied', data },
      onceAMinuteFor: `${account ?? request.ip} ${action} ${reason}`,
    });
  }

  async function audited<T>(request: RequestContext, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      reportDenial(error, request);
      throw error;
    }
  }

  async function handleForAdmin(input: Parameters<Route['handle']>[0]): Promise<RouteResponse> {
    function report(outcome: string): void {
      const accountId = target.safeParse(input.params).data?.id;
      const actor = admin.safeParse(input.caller).data?.userId ?? 'unknown';
      const data = { actor, accountId, action, outcome };
      audit.record({ origin: toUseCaseContext(input), occurrence: { type: 'AdminAction', data } });
    }
    try {
      const answer = await route.handle(input);
      report('ok');
      return answer;
    } catch (error) {
      report(toProblem(error)?.spec.code ?? 'failed');
      throw error;
    }
  }

  const handle = isForAdmins ? handleForAdmin : route.handle;
  return {
    ...route,
    policy: {
      ...policy,
      authorise: (request) => audited(request, () => policy.authorise(request)),
    },
    handle: (input) => audited(input, () => handle(input)),
  };
}
