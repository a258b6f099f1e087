import type { ParameterizedContext } from 'koa';
import type { BodyKind, RequestContext, Route } from './route.ts';

export interface HttpExchangeState {
  request: RequestContext;
  /** The route that matches the request; undefined until it is known. */
  route?: Route;
  /** The format in which the client sent the body; undefined until the body has been read. */
  sentAs?: BodyKind;
}

export type HttpExchange = ParameterizedContext<HttpExchangeState>;
export type NextMiddleware = () => Promise<unknown>;
export type Middleware = (exchange: HttpExchange, next: NextMiddleware) => Promise<void>;
