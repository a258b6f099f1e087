import type { ParameterizedContext } from 'koa';
import type { BodyKind, RequestContext, Route } from './route.ts';

export interface HttpExchangeState {
  request: RequestContext;
  /** The matching route; set once a route has matched. */
  route?: Route;
  /** How the body was sent; set once it was read. */
  sentAs?: BodyKind;
}

export type HttpExchange = ParameterizedContext<HttpExchangeState>;
export type NextMiddleware = () => Promise<unknown>;
export type Middleware = (exchange: HttpExchange, next: NextMiddleware) => Promise<void>;
