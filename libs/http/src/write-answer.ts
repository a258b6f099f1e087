import { Readable } from 'node:stream';
import type { z } from 'zod';
import type { HttpExchange } from './exchange.ts';
import type { Route, RouteResponse, RouteResponseSpec } from './route.ts';
import { makeObjectSchemasStrict } from './strict.ts';

const HTML = 'text/html; charset=utf-8';

/** Thrown if a handler returns a response that its route does not declare, which is a bug. */
export class UndeclaredResponse extends Error {
  constructor(route: Route, what: string) {
    super(`${route.method} ${route.path} answered ${what}`);
    this.name = 'UndeclaredResponse';
  }
}

/**
 * Creates a function that writes a route's responses. The function throws UndeclaredResponse for a response
 * that the route does not declare.
 */
export function createResponseWriter(
  route: Route,
  undeclared: 'fail' | 'drop',
): (exchange: HttpExchange, answer: RouteResponse) => void {
  const guards = new Map(
    Object.entries(route.answers).map(([status, spec]) => [
      Number(status),
      bodyGuard(route, spec, undeclared),
    ]),
  );
  return (exchange, answer) => {
    const spec = route.answers[answer.status];
    const guard = guards.get(answer.status);
    if (spec === undefined || guard === undefined) {
      throw new UndeclaredResponse(route, `the undeclared status ${answer.status}`);
    }
    const { type, text } = content(route, spec, answer, guard);
    exchange.status = answer.status;
    exchange.set('Cache-Control', route.cacheControl ?? 'no-store');
    setResponseHeaders(exchange, answer.headers ?? {});
    if (answer.html !== undefined) setResponseHeaders(exchange, route.pageHeaders ?? {});
    // If there is no body, assign null: for an empty text, Koa would send the media type text/plain.
    exchange.body = answer.stream === undefined ? (text ?? null) : Readable.from(answer.stream.pieces);
    exchange.status = answer.status;
    if (type !== undefined) exchange.set('Content-Type', type);
  };
}

function content(
  route: Route,
  spec: RouteResponseSpec,
  answer: RouteResponse,
  guard: (body: unknown) => unknown,
): { type?: string; text?: string | Buffer } {
  if (answer.html !== undefined) {
    requireMedia(route, spec, answer.status, 'text/html');
    return { type: HTML, text: answer.html };
  }
  if (answer.stream !== undefined) {
    requireMedia(route, spec, answer.status, answer.stream.type.split(';')[0] ?? '');
    return { type: answer.stream.type };
  }
  if (answer.text !== undefined) {
    requireMedia(route, spec, answer.status, answer.text.type.split(';')[0] ?? '');
    return { type: answer.text.type, text: answer.text.text };
  }
  const body = guard(answer.body);
  return body === undefined ? {} : { type: 'application/json; charset=utf-8', text: JSON.stringify(body) };
}

function requireMedia(route: Route, spec: RouteResponseSpec, status: number, type: string): void {
  const isSchema = spec.schema !== undefined && type === 'application/json';
  const declared = spec.media?.some((media) => media.split(';')[0] === type);
  if (!isSchema && declared !== true)
    throw new UndeclaredResponse(route, `${status} with the undeclared media type ${type}`);
}

function bodyGuard(
  route: Route,
  spec: RouteResponseSpec,
  undeclared: 'fail' | 'drop',
): (body: unknown) => unknown {
  const { schema } = spec;
  if (schema === undefined) return (body) => withoutSchema(route, body, undeclared);
  const guard = undeclared === 'fail' ? makeObjectSchemasStrict(schema) : schema;
  return (body) => {
    const parsed = guard.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new UndeclaredResponse(route, `a body that is not as declared: ${whereWrong(parsed.error)}`);
  };
}

function withoutSchema(route: Route, body: unknown, undeclared: 'fail' | 'drop'): undefined {
  if (body !== undefined && undeclared === 'fail')
    throw new UndeclaredResponse(route, 'a body where none is declared');
}

/** Describes validation issues with the names of the fields only, because the values may be personal data. */
function whereWrong(error: z.core.$ZodError): string {
  return error.issues
    .map((issue) => {
      const keys = issue.code === 'unrecognized_keys' ? ` ${issue.keys.join(', ')}` : '';
      return `/${issue.path.join('/')} ${issue.code}${keys}`;
    })
    .join('; ');
}

export function setResponseHeaders(
  exchange: HttpExchange,
  headers: Readonly<Record<string, string | readonly string[]>>,
): void {
  for (const [name, value] of Object.entries(headers)) {
    exchange.set(name, typeof value === 'string' ? value : [...value]);
  }
}
