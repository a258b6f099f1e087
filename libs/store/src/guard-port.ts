import { StoreUnavailable } from './store-unavailable.ts';
import { beginStoreCall } from './time-budget.ts';

/** A port whose methods are all asynchronous. */
export type AsyncPort<Port> = {
  readonly [Name in keyof Port]: (...args: never[]) => Promise<unknown> | AsyncIterable<unknown>;
};

/**
 * Returns an object with the methods of the given port. Failures of the store in these methods become
 * StoreUnavailable. All other errors, such as bugs and refusals, pass unchanged.
 * In a request, a call rejects with StoreUnavailable if the request has used up its time (time-budget.ts).
 * @param failureOf returns the store failure in an error, undefined for errors that did not come from the store
 */
export function guardPort<Port extends object & AsyncPort<Port>>(
  port: Port,
  failureOf: (error: unknown) => Error | undefined,
): Port {
  function mapped(error: unknown): unknown {
    const failure = failureOf(error);
    return failure === undefined ? error : new StoreUnavailable(failure);
  }

  async function* guardItems(items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    try {
      yield* items;
    } catch (error) {
      throw mapped(error);
    }
  }

  async function guardAnswer(answer: unknown, endCall: () => void): Promise<unknown> {
    try {
      return await answer;
    } catch (error) {
      throw mapped(error);
    } finally {
      endCall();
    }
  }

  return new Proxy(port, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        let endCall: (() => void) | undefined;
        try {
          endCall = beginStoreCall();
          const answer: unknown = Reflect.apply(method, target, args);
          if (!isAsyncIterable(answer)) return guardAnswer(answer, endCall);
          endCall();
          return guardItems(answer);
        } catch (error) {
          endCall?.();
          return Promise.reject(mapped(error));
        }
      };
    },
  });
}

/**
 * Returns false for a query of mongoose, which is both iterable and a promise, because ports return it as a promise.
 */
function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && !('then' in value);
}
