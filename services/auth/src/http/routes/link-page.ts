/** What the pages behind links have in common. */
import { type Answer, Problem, pageHeaders, type RequestContext, type RouteSpec } from '@latchkey/http';
import { z } from 'zod';
import { negotiateLocale } from '../../credentials/schemas.ts';
import type { Pages } from '../pages/pages.ts';
import { refusals } from '../problems.ts';

/** Any text: what is no token is answered like one that is not valid. */
export const tokenParam = z.object({ token: z.string() });

export const linkProblems = [refusals.token_invalid, refusals.token_expired];

export function page(html: string, status = 200): Answer {
  return { status, html, headers: pageHeaders };
}

export function localeOf(request: RequestContext): string {
  return negotiateLocale(request.headers['accept-language']);
}

/** A dead link's page offers a new one; any other problem is said. */
export function linkProblemPage(
  pages: Pages,
  kind: 'verification' | 'password-reset',
): NonNullable<RouteSpec<unknown, unknown, unknown, unknown>['problemPage']> {
  return ({ spec, details }, request) => {
    const locale = localeOf(request);
    if (spec.code === 'token_invalid') return pages.deadLink({ locale, kind, expired: false });
    if (spec.code === 'token_expired') return pages.deadLink({ locale, kind, expired: true });
    return pages.problem({ locale, code: spec.code, title: spec.title, detail: details.detail });
  };
}

/** Shows the form again where a person can mend what they typed; `code` says which field. */
export async function orFormAgain(
  work: () => Promise<Answer>,
  mendable: readonly string[],
  again: (fault: { readonly code: string; readonly detail: string }) => Promise<string>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem) || !mendable.includes(error.spec.code)) throw error;
    const html = await again({ code: error.spec.code, detail: error.details.detail ?? error.spec.title });
    return page(html, error.spec.status);
  }
}
