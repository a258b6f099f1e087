/** The maximum number of requests of one client that may wait at the same time. */
export const MAX_WAITING_REQUESTS = 20;

export interface WaitingRequestSlots {
  /**
   * Reserves a slot for a client's request that waits for events.
   * @returns a function that frees the slot; undefined if the client already uses all of its slots
   */
  take(client: string): (() => void) | undefined;
}

/** Creates the slots of all clients. Each client has MAX_WAITING_REQUESTS slots. */
export function createWaitingRequestSlots(): WaitingRequestSlots {
  const taken = new Map<string, number>();
  function change(client: string, by: number): void {
    const count = (taken.get(client) ?? 0) + by;
    if (count > 0) taken.set(client, count);
    else taken.delete(client);
  }
  return {
    take(client) {
      if ((taken.get(client) ?? 0) >= MAX_WAITING_REQUESTS) return undefined;
      change(client, 1);
      let isTaken = true;
      return () => {
        if (isTaken) change(client, -1);
        isTaken = false;
      };
    },
  };
}
