/** Shared functions of the routes that respond with HTML pages when somebody opens a link from a mail. */
import { type Problem, type RequestContext, type RouteResponse, securityHeaders } from '@latchkey/http';
import { z } from 'zod';
import { isCompleteLinkToken, trimLinkToken } from '../tokens/link-tokens.ts';
import type { LinkPages } from './pages/pages.ts';
import type { RenewableLinkKind, UnusableLinkKind, UnusableLinkReason } from './pages/texts.ts';
import { refusalProblemSpecs } from './problems.ts';
import { negotiateLocale } from './schemas.ts';

/**
 * The schema of the token in the path of a link. Removes characters that people and programs add when they
 * copy a link. Accepts any other string, because malformed and invalid tokens must get the same response.
 */
export const linkTokenParamsSchema = z.object({ token: z.string().overwrite(trimLinkToken) });

/**
 * Returns the URL to which the form on a link's page is sent.
 * @param path the path of the link, without its token
 */
export function createLinkFormActionUrl(
  { publicPath }: { readonly publicPath: string },
  path: string,
  token: string,
): string {
  return `${publicPath}${path}/${encodeURIComponent(token)}`;
}

/** The problems with which routes refuse a mailed link. */
export const linkProblemSpecs = [refusalProblemSpecs.token_invalid, refusalProblemSpecs.token_expired];

export function createHtmlResponse(html: string, status = 200): RouteResponse {
  return { status, html, headers: securityHeaders.page };
}

/** Returns the language that the browser prefers. */
export function getRequestLocale(request: RequestContext): string {
  return negotiateLocale(request.headers['accept-language']);
}

/**
 * Creates a function that renders the error page of a route for a mailed link. If the link is unusable, the
 * page offers to request a new one, provided that people can request this kind of link themselves.
 */
export function createLinkProblemPage(pages: LinkPages, kind: UnusableLinkKind) {
  return problemPage(pages, (view) => pages.deadLink({ ...view, kind }));
}

/**
 * Creates a function that renders the error page of the route with which a person requests a new link. If the
 * email address was invalid, the page shows the form again.
 */
export function createLinkRequestProblemPage(pages: LinkPages, kind: RenewableLinkKind) {
  const otherwise = createLinkProblemPage(pages, kind);
  return (problem: Problem, request: RequestContext): string =>
    isAboutEmail(problem)
      ? pages.requestAgain({ locale: getRequestLocale(request), kind })
      : otherwise(problem, request);
}

function isAboutEmail({ details: { errors = [] } }: Problem): boolean {
  const [error] = errors;
  return errors.length === 1 && error?.pointer === '#/email' && error.code !== 'unknown';
}

/** Creates a function that renders a page for a problem that is not about a link. */
export function createGeneralProblemPage(pages: LinkPages) {
  return ({ spec: { code, title }, details: { detail, retryAfter } }: Problem, request: RequestContext) =>
    pages.problem({ locale: getRequestLocale(request), code, title, detail, retryAfter });
}

/**
 * Creates a function that renders a page for a problem with a link that cancels an erasure. The page offers
 * no new link.
 */
export function createErasureProblemPage(pages: LinkPages) {
  return problemPage(pages, pages.deadErasure);
}

/**
 * Creates a function that renders the error page of a route for a mailed link.
 * @param deadLink renders the page for an unusable link; other problems get the general error page
 */
function problemPage(
  pages: LinkPages,
  deadLink: (view: { readonly locale: string; readonly state: UnusableLinkReason }) => string,
) {
  const otherwise = createGeneralProblemPage(pages);
  return (problem: Problem, request: RequestContext): string => {
    const state = unusableLinkReason(problem.spec.code, request);
    if (state === undefined) return otherwise(problem, request);
    return deadLink({ locale: getRequestLocale(request), state });
  };
}

/**
 * Returns why the link that a person has followed cannot be used.
 * @param code the code of the problem with which the request was refused
 * @returns undefined if the problem is not about the link
 */
function unusableLinkReason(code: string, { method, path }: RequestContext): UnusableLinkReason | undefined {
  if (code === 'token_expired') return 'expired';
  if (code === 'token_invalid') return hasWholeToken(path) ? 'invalid' : 'incomplete';
  // A link that was cut off or changed may match no route, or its path may not be valid percent-encoding.
  const isBroken = method === 'GET' && (code === 'not_found' || code === 'validation_failed');
  return isBroken ? 'incomplete' : undefined;
}

function hasWholeToken(path: string): boolean {
  return path.split('/').some((segment) => isCompleteLinkToken(trimLinkToken(decodeURIComponent(segment))));
}
