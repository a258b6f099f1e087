/** Functions that all routes with an HTML page share. */
import { type Answer, type Problem, type RequestContext, securityHeaders } from '@latchkey/http';
import { z } from 'zod';
import { isWholeLinkToken, trimLinkToken } from '../tokens/link-tokens.ts';
import type { Pages } from './pages/pages.ts';
import type { LinkState, RenewableLinkKind, UnusableLinkKind } from './pages/texts.ts';
import { refusalProblems } from './problems.ts';
import { negotiateLocale } from './schemas.ts';

/**
 * The token in the path, without what people and programs add to a link that they copy. Any string is accepted, because
 * the response to a malformed token must be the same as to an invalid one.
 */
export const tokenParam = z.object({ token: z.string().overwrite(trimLinkToken) });

/**
 * Returns the URL that the form on a link's page is sent to.
 * @param path the path of the link, without its token
 */
export function linkFormAction(
  { publicPath }: { readonly publicPath: string },
  path: string,
  token: string,
): string {
  return `${publicPath}${path}/${encodeURIComponent(token)}`;
}

export const linkProblems = [refusalProblems.token_invalid, refusalProblems.token_expired];

export function htmlAnswer(html: string, status = 200): Answer {
  return { status, html, headers: securityHeaders.page };
}

export function localeOfRequest(request: RequestContext): string {
  return negotiateLocale(request.headers['accept-language']);
}

/** Returns the page of an unusable link. It offers a new link if one can be requested. */
export function linkProblemPage(pages: Pages, kind: UnusableLinkKind) {
  return problemPage(pages, (view) => pages.deadLink({ ...view, kind }));
}

/** Returns the page of a problem with the form that requests a new link: the form again if the address is invalid. */
export function requestProblemPage(pages: Pages, kind: RenewableLinkKind) {
  const otherwise = linkProblemPage(pages, kind);
  return (problem: Problem, request: RequestContext): string =>
    isAboutEmail(problem)
      ? pages.requestAgain({ locale: localeOfRequest(request), kind })
      : otherwise(problem, request);
}

function isAboutEmail({ details: { errors = [] } }: Problem): boolean {
  const [error] = errors;
  return errors.length === 1 && error?.pointer === '#/email' && error.code !== 'unknown';
}

/** Returns the page of a problem that has nothing to do with a link. */
export function generalProblemPage(pages: Pages) {
  return ({ spec: { code, title }, details: { detail, retryAfter } }: Problem, request: RequestContext) =>
    pages.problem({ locale: localeOfRequest(request), code, title, detail, retryAfter });
}

/** Returns the page of an unusable link to cancel an erasure. A new link cannot be requested. */
export function erasureProblemPage(pages: Pages) {
  return problemPage(pages, pages.deadErasure);
}

/**
 * Returns the page that explains a problem.
 * @param deadLink renders the page of an unusable link
 */
function problemPage(
  pages: Pages,
  deadLink: (view: { readonly locale: string; readonly state: LinkState }) => string,
) {
  const otherwise = generalProblemPage(pages);
  return (problem: Problem, request: RequestContext): string => {
    const state = linkState(problem.spec.code, request);
    if (state === undefined) return otherwise(problem, request);
    return deadLink({ locale: localeOfRequest(request), state });
  };
}

/** Returns why the link of a request cannot be used; undefined if the problem is not about the link. */
function linkState(code: string, { method, path }: RequestContext): LinkState | undefined {
  if (code === 'token_expired') return 'expired';
  if (code === 'token_invalid') return hasWholeToken(path) ? 'invalid' : 'incomplete';
  // The link was cut off or changed so that it matches no route, or that its path is not valid percent-encoding.
  const isBroken = method === 'GET' && (code === 'not_found' || code === 'validation_failed');
  return isBroken ? 'incomplete' : undefined;
}

function hasWholeToken(path: string): boolean {
  return path.split('/').some((segment) => isWholeLinkToken(trimLinkToken(decodeURIComponent(segment))));
}
