import type { ParameterizedContext } from 'koa';
import type { BodyKind, RequestContext, Route } from './route.ts';

export interface ExchangeState {
  request: RequestContext;
  /** The matching route; set once a route has matched. */
  route?: Route;
  /** How the body was sent; set once it was read. */
  sentAs?: BodyKind;
}

export type Exchange = ParameterizedContext<ExchangeState>;
export type Next = () => Promise<unknown>;
export type Middleware = (exchange: Exchange, next: Next) => Promise<void>;
