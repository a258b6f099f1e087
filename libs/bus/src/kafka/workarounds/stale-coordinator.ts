export interface StaleCoordinatorWatchDeps {
  /** How long commits may be rejected before the consumer rejoins its group, in ms. */
  readonly rejoinAfterMs: number;
  /** Returns the time of a monotonic clock, in ms. */
  now(): number;
  rejoin(): void;
}

export interface StaleCoordinatorWatch {
  /** Forgets the failed commits. Must be called when a commit has succeeded or the group was joined. */
  reset(): void;
  /** Must be called with the error of each commit that fails. */
  commitFailed(error: unknown): void;
}

/**
 * Detects a consumer that commits to a broker which is no longer the coordinator of its group. Normally, the
 * consumer notices at its next heartbeat that the coordinator has moved, and rejoins. But kafkajs does not
 * rejoin if the new coordinator is still loading the group at that moment. It then sends heartbeats to the
 * new coordinator, which accepts them, and commits to the old one, which rejects them. Only rejoining the
 * group ends this state.
 */
export function createStaleCoordinatorWatch({
  rejoinAfterMs,
  now,
  rejoin,
}: StaleCoordinatorWatchDeps): StaleCoordinatorWatch {
  let since: number | undefined;

  return {
    reset() {
      since = undefined;
    },
    commitFailed(error) {
      if (!isNotCoordinator(error)) return;
      since ??= now();
      if (now() - since < rejoinAfterMs) return;
      since = undefined;
      rejoin();
    },
  };
}

function isNotCoordinator(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'type') === 'NOT_COORDINATOR_FOR_GROUP';
}
