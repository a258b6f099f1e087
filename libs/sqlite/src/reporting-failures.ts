import { isDatabaseFailure } from './database-failure.ts';

type Methods<Port> = { readonly [Name in keyof Port]: (...args: never[]) => Promise<unknown> };

/**
 * The same port, whose methods reject with what `report` makes of the failure where the database failed, is
 * locked or closed, and let every other error through.
 */
export function reportingFailures<Port extends Methods<Port>>(
  port: Port,
  report: (failure: unknown) => Error,
): Port {
  const methods: [string, (...args: never[]) => Promise<unknown>][] = Object.entries(port);
  const guarded = methods.map(([name, method]) => [name, reporting(method, report)]);
  // Each method keeps its name and its type; the compiler cannot follow that through entries.
  return Object.fromEntries(guarded) as unknown as Port;
}

function reporting<Args extends readonly unknown[], Result>(
  method: (...args: Args) => Promise<Result>,
  report: (failure: unknown) => Error,
) {
  return async (...args: Args): Promise<Result> => {
    try {
      return await method(...args);
    } catch (error) {
      throw isDatabaseFailure(error) ? report(error) : error;
    }
  };
}
