import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { listDeclaredProblems } from './declared-problems.ts';
import type { HttpExchange, Middleware } from './exchange.ts';
import { generalTranslations } from './general-texts.ts';
import type { PageLookUp } from './page-paths.ts';
import { renderProblemPage } from './pages.ts';
import { Problem, type ProblemSpec, standardProblems } from './problem.ts';
import { ClientDisconnected } from './read-body.ts';
import type { BodyKind, Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import {
  createTranslator,
  mergeTranslations,
  type Translate,
  type TranslationsByLanguage,
} from './translate.ts';
import { setResponseHeaders } from './write-answer.ts';

export interface ProblemOptions {
  /**
   * Prefix of `type` in problem details, before the code: `urn:example:problem:`. Default: `about:blank#`.
   */
  readonly problemTypes?: string;
}

/** Returns the body of an error response: problem details (RFC 9457). */
export function createProblemBody(
  { spec, details }: Pick<Problem, 'spec' | 'details'>,
  requestId: string,
  { problemTypes = 'about:blank#' }: ProblemOptions,
  translate: Translate = (text) => text,
): string {
  return JSON.stringify({
    type: `${problemTypes}${spec.code}`,
    title: translate(spec.title),
    status: spec.status,
    detail: translate(details.detail ?? spec.title),
    code: spec.code,
    resolution: spec.resolution === undefined ? undefined : translate(spec.resolution),
    requestId,
    errors: details.errors?.map(({ message, ...error }) => ({ ...error, message: translate(message) })),
    retryAfter: details.retryAfter,
  });
}

interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Converts thrown errors to responses. A Problem becomes the response that its spec describes; any other
 * error becomes a 500 without details.
 */
export function createProblemMiddleware(
  options: ProblemOptions & { readonly undeclared: 'fail' | 'drop' },
  pageAt: PageLookUp,
): Middleware {
  return async (exchange, next) => {
    try {
      await next();
    } catch (error) {
      if (error instanceof ClientDisconnected) return;
      const problem = problemOf(exchange, error, options.undeclared);
      logProblem(exchange, problem);
      answer(exchange, problem, { ...options, page: problemPage(exchange, problem, pageAt) });
    }
  };
}

function problemOf(exchange: HttpExchange, error: unknown, undeclared: 'fail' | 'drop'): Problem {
  if (!(error instanceof Problem)) return new Problem(standardProblems.internal, { cause: error });
  const { route } = exchange.state;
  if (undeclared === 'drop' || route === undefined || isDeclared(route, error.spec)) return error;
  const cause = new Error(`${route.method} ${route.path} threw the undeclared problem ${error.spec.code}`, {
    cause: error,
  });
  return new Problem(standardProblems.internal, { cause });
}

function isDeclared(route: Route, { code }: ProblemSpec): boolean {
  return listDeclaredProblems(route).some((spec) => spec.code === code);
}

function logProblem({ state: { request, route } }: HttpExchange, problem: Problem): void {
  const { spec, details } = problem;
  const err = withoutPath(details.cause ?? problem, request.path, route);
  if (spec.status < 500) {
    if (details.cause !== undefined) request.log.debug({ err, code: spec.code }, 'refused');
    return;
  }
  const level = spec.status === 500 ? 'error' : route?.quiet === true ? 'debug' : 'warn';
  request.log[level]({ err, code: spec.code }, 'request failed');
}

/** Removes the request's path from an error that may quote it, if the path may contain a secret. */
function withoutPath(error: unknown, path: string, route: Route | undefined): unknown {
  if (route?.secretPath !== true || !(error instanceof Error)) return error;
  const secrets = path.split('/').filter((segment) => !route.path.split('/').includes(segment));
  function clean(text: string): string {
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  }
  const copy = new Error(clean(error.message));
  copy.name = error.name;
  copy.stack = clean(error.stack ?? '');
  return copy;
}

function answer(
  exchange: HttpExchange,
  problem: Problem,
  options: ProblemOptions & { readonly page: Page | undefined },
): void {
  const { page } = options;
  const { spec, details } = problem;
  const { request } = exchange.state;
  exchange.status = spec.status;
  const text =
    page?.html ?? createProblemBody(problem, request.requestId, options, translateFor(exchange).translate);
  if (page !== undefined) setResponseHeaders(exchange, { ...securityHeaders.page, ...page.headers });
  exchange.set('Cache-Control', 'no-store');
  if (details.retryAfter !== undefined) exchange.set('Retry-After', String(details.retryAfter));
  setResponseHeaders(exchange, details.headers ?? {});
  if (spec.status === 413) answerUnread(exchange, text);
  else exchange.body = text;
  exchange.status = spec.status;
  exchange.set('Content-Type', page === undefined ? 'application/problem+json' : 'text/html; charset=utf-8');
}

/**
 * An Accept or Accept-Language header that is longer than this, in characters, is ignored. Parsing such a
 * header would take many times as long as the rest of the error response.
 */
const LONGEST_PREFERENCES = 1000;

const ENGLISH = 'en';
/** Caches the translators, by language, for each set of translations that a route declares. */
const translators = new WeakMap<TranslationsByLanguage, ReadonlyMap<string, Translate>>();

function translatorsOf(texts: TranslationsByLanguage): ReadonlyMap<string, Translate> {
  const known = translators.get(texts);
  if (known !== undefined) return known;
  const made = new Map(
    Object.entries(mergeTranslations(generalTranslations, texts)).map(([language, catalogue]) => [
      language,
      createTranslator(catalogue),
    ]),
  );
  translators.set(texts, made);
  return made;
}

/**
 * Selects the language of the response: the available language that the client prefers most (RFC 9110,
 * 12.5.4).
 */
function translateFor(exchange: HttpExchange): { readonly language: string; readonly translate: Translate } {
  const byLanguage = translatorsOf(exchange.state.route?.texts ?? generalTranslations);
  exchange.vary('Accept-Language');
  const isReadable = exchange.get('Accept-Language').length <= LONGEST_PREFERENCES;
  const language = (isReadable && exchange.acceptsLanguages(ENGLISH, ...byLanguage.keys())) || ENGLISH;
  exchange.set('Content-Language', language);
  return { language, translate: byLanguage.get(language) ?? ((text) => text) };
}

/**
 * Returns the page that explains a problem: the route's own page or, if the route has none and a browser
 * requests a document, a general page. Returns undefined if the response must be problem details.
 */
function problemPage(exchange: HttpExchange, problem: Problem, pageAt: PageLookUp): Page | undefined {
  const { route, request, sentAs } = exchange.state;
  const isAsked = asksForPage(exchange);
  if (!isPage(route, sentAs) && !isAsked) return undefined;
  const source = route?.problemPage === undefined ? pageAt(request.path) : route;
  const html = source?.problemPage?.(problem, request);
  if (html !== undefined) return { html, headers: source?.pageHeaders ?? {} };
  if (!isAsked) return undefined;
  return { html: renderProblemPage(problem, request.requestId, translateFor(exchange)), headers: {} };
}

function isPage(route: Route | undefined, sentAs: BodyKind | undefined): boolean {
  if (route?.problemPage === undefined) return false;
  if (sentAs === 'form') return true;
  return (
    route.method === 'GET' && Object.values(route.answers).some(({ media }) => media?.includes('text/html'))
  );
}

/**
 * Returns whether a browser requests a page. Browsers accept text/html when a person follows a link or sends
 * a form; `fetch` and other clients do not.
 */
function asksForPage(exchange: HttpExchange): boolean {
  if (exchange.get('Accept').length > LONGEST_PREFERENCES) return false;
  return exchange.accepts('application/json', 'application/problem+json', 'text/html') === 'text/html';
}

/**
 * If a request's body is too large, the server reads and discards the rest of it: at most DRAIN_BYTES bytes,
 * for at most DRAIN_MS ms.
 */
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 5_000;

/**
 * Sends the response although the client is still sending its body. If the server closed the connection
 * immediately, the connection would be reset, and the client might never read the response. The server
 * therefore reads and discards the rest of the body for a while before it closes the connection.
 */
function answerUnread(exchange: HttpExchange, text: string): void {
  const { req } = exchange;
  exchange.set('Connection', 'close');
  exchange.body = Readable.from(
    (async function* () {
      yield text;
      await drain(req);
    })(),
  );
  exchange.length = Buffer.byteLength(text);
}

function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = DRAIN_BYTES;
    const timer = setTimeout(resolve, DRAIN_MS);
    function done(): void {
      clearTimeout(timer);
      resolve();
    }
    if (request.complete || request.destroyed) return done();
    request.once('end', done).once('close', done);
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) done();
    });
    request.resume();
  });
}
