import { randomUUID } from 'node:crypto';
import type { Logger } from '@latchkey/process';
import { getResponseAbortSignal } from './abort-signal.ts';
import type { ReadClientAddress } from './client-address.ts';
import type { HttpExchange } from './exchange.ts';
import type { RequestContext } from './route.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
/** Returns the part of a request that policies and handlers may see. */
export function createRequestContext(
  exchange: HttpExchange,
  {
    path,
    logger,
    addressOf,
  }: { readonly path: string; readonly logger: Logger; readonly addressOf: ReadClientAddress },
): RequestContext {
  const { req: request } = exchange;
  const { 'set-cookie': _ignored, ...headers } = request.headers;
  const id = request.headers['x-request-id'];
  const requestId = typeof id === 'string' && REQUEST_ID.test(id) ? id : randomUUID();
  return {
    method: request.method ?? 'GET',
    path,
    headers: headers as Readonly<Record<string, string | undefined>>,
    cookie: (name) => readCookie(request.headers.cookie ?? '', name),
    ip: addressOf(request),
    requestId,
    log: logger.child({ requestId }),
    isAwaited: () => !request.socket.destroyed,
    ending: () => getResponseAbortSignal(exchange.res),
  };
}

/** Returns the value of a cookie; undefined if the header contains no cookie with this name, or several. */
function readCookie(header: string, name: string): string | undefined {
  const [value, ...others] = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return others.length === 0 ? value : undefined;
}
