import { StoreUnavailable } from './store-unavailable.ts';
import { beginStoreCall } from './time-budget.ts';

/** The type of a port in which every method is asynchronous. */
export type AsyncPort<Port> = {
  readonly [Name in keyof Port]: (...args: never[]) => Promise<unknown> | AsyncIterable<unknown>;
};

/**
 * Wraps the methods of a port, so that failures of the store become StoreUnavailable. Other errors, such as
 * bugs and refusals, pass unchanged.
 * @param failureOf returns the failure of the store that has caused an error; undefined if the store has not
 * caused it
 */
export function mapPortErrors<Port extends object & AsyncPort<Port>>(
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
 * Returns whether a method has returned an async iterable. A mongoose query is both an iterable and a
 * promise. It counts as a promise, because ports return queries only as promises.
 */
function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && !('then' in value);
}
