import { isDatabaseFailure } from '@latchkey/sqlite';
import { StoreUnavailable } from '../../ports/store-unavailable.ts';

type Methods<Port> = { readonly [Name in keyof Port]: (...args: never[]) => Promise<unknown> };

/** The same port, whose methods reject with StoreUnavailable where the embedded store failed. */
export function reportingFailures<Port extends Methods<Port>>(port: Port): Port {
  const methods: [string, (...args: never[]) => Promise<unknown>][] = Object.entries(port);
  // Each method keeps its name and its type; the compiler cannot follow that through entries.
  return Object.fromEntries(methods.map(([name, method]) => [name, guarded(method)])) as unknown as Port;
}

function guarded<Args extends readonly unknown[], Result>(method: (...args: Args) => Promise<Result>) {
  return async (...args: Args): Promise<Result> => {
    try {
      return await method(...args);
    } catch (error) {
      throw isDatabaseFailure(error) ? new StoreUnavailable(error) : error;
    }
  };
}
