/** The state of a service's dependencies, for /readyz. */
import type { Subscription } from '@latchkey/bus';
import type { Dependency } from '@latchkey/process';

/**
 * Returns the state of a store. @param ask a cheap call to the store @param detail what an outage means, for the
 * operator
 */
export async function storeHealth(
  name: string,
  ask: () => Promise<unknown>,
  detail?: string,
): Promise<Dependency> {
  try {
    await ask();
    return { name, state: 'ok', needed: true };
  } catch {
    return { name, state: 'down', needed: true, ...(detail !== undefined && { detail }) };
  }
}

/** Returns the state of a consumer. Its service continues to respond without it. */
export function busHealth(subscription: Subscription | undefined): Dependency {
  return subscription?.healthy()
    ? { name: 'bus', state: 'ok', needed: false }
    : { name: 'bus', state: 'down', needed: false, detail: 'no records can be read' };
}
