import type { ParameterizedContext } from 'koa';
import type { BodyKind, RequestContext, Route } from './route.ts';

export interface HttpExchangeState {
  request: RequestContext;
  /** The route that matches the request; undefined until it is known. */
  route?: Route;
  /** How the body of the request was sent; undefined until the body was read. */
  sentAs?: BodyKind;
}

export type HttpExchange = ParameterizedContext<HttpExchangeState>;
export type NextMiddleware = () => Promise<unknown>;
export type Middleware = (exchange: HttpExchange, next: NextMiddleware) => Promise<void>;
