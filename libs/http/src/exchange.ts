/** One request and its answer on their way through the kit. */
import type { ParameterizedContext } from 'koa';
import type { BodyKind, RequestContext, Route } from './route.ts';

export interface ExchangeState {
  request: RequestContext;
  /** Once one has matched. */
  route?: Route;
  /** Once it is known. */
  sentAs?: BodyKind;
}

export type Exchange = ParameterizedContext<ExchangeState>;
export type Next = () => Promise<unknown>;
export type Step = (exchange: Exchange, next: Next) => Promise<void>;
