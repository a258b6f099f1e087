/** What the routes with an HTML page have in common. */
import { type Answer, type Problem, type RequestContext, securityHeaders } from '@latchkey/http';
import { z } from 'zod';
import type { Pages } from './pages/pages.ts';
import { refusals } from './problems.ts';
import { negotiateLocale } from './schemas.ts';

/** Any text: the response to a malformed token is the same as to an invalid one. */
export const tokenParam = z.object({ token: z.string() });

export const linkProblems = [refusals.token_invalid, refusals.token_expired];

export function htmlAnswer(html: string, status = 200): Answer {
  return { status, html, headers: securityHeaders.page };
}

export function localeOf(request: RequestContext): string {
  return negotiateLocale(request.headers['accept-language']);
}

/** The page of an unusable link offers a new link; any other problem has a page that explains it. */
export function linkProblemPage(pages: Pages, kind: 'verification' | 'password-reset') {
  return ({ spec, details }: Problem, request: RequestContext): string => {
    const locale = localeOf(request);
    if (spec.code === 'token_invalid' || isBrokenLink(spec.code, request))
      return pages.deadLink({ locale, kind, expired: false });
    if (spec.code === 'token_expired') return pages.deadLink({ locale, kind, expired: true });
    const { detail, retryAfter } = details;
    return pages.problem({ locale, code: spec.code, title: spec.title, detail, retryAfter });
  };
}

/** A link that was truncated or changed leads to no route, or to one that cannot parse it. */
function isBrokenLink(code: string, { method }: RequestContext): boolean {
  return method === 'GET' && (code === 'not_found' || code === 'validation_failed');
}
