import type { ParameterizedContext } from 'koa';
import type { BodyKind, RequestContext, Route } from './route.ts';

export interface ExchangeState {
  request: RequestContext;
  /** Set once a route has matched. */
  route?: Route;
  /** Set once the body was read. */
  sentAs?: BodyKind;
}

export type Exchange = ParameterizedContext<ExchangeState>;
export type Next = () => Promise<unknown>;
export type Step = (exchange: Exchange, next: Next) => Promise<void>;
