/** What handlers and policies see of a request. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger } from '@latchkey/process';
import type { ClientAddress } from './client-address.ts';
import type { RequestContext } from './route.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
/** W3C Trace Context, version 00; ids of zeros alone are invalid. */
const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

export function requestContext(
  request: IncomingMessage,
  path: string,
  logger: Logger,
  addressOf: ClientAddress,
): RequestContext {
  const { 'set-cookie': _ignored, ...headers } = request.headers;
  const id = request.headers['x-request-id'];
  const requestId = typeof id === 'string' && REQUEST_ID.test(id) ? id : randomUUID();
  const traceparent = request.headers['traceparent'];
  return {
    method: request.method ?? 'GET',
    path,
    headers: headers as Readonly<Record<string, string | undefined>>,
    cookies: parseCookies(request.headers.cookie),
    ip: addressOf(request),
    requestId,
    ...(typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {}),
    log: logger.child({ requestId }),
    isAwaited: () => !request.socket.destroyed,
  };
}

/** The cookies of a request (RFC 6265); of two with one name the first, as it has the longer path. */
export function parseCookies(header: string | undefined): Readonly<Record<string, string | undefined>> {
  const cookies: Record<string, string | undefined> = Object.create(null);
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals === -1) continue;
    const name = pair.slice(0, equals).trim();
    cookies[name] ??= pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return cookies;
}
