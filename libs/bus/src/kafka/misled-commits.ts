export interface MisledCommitsDeps {
  /** How long positions may be refused before the group is joined anew, in ms. */
  readonly rejoinAfterMs: number;
  now(): number;
  rejoin(): void;
}

export interface MisledCommits {
  /** A position was kept, or the group joined. */
  settled(): void;
  /** A position was not kept. */
  refused(error: unknown): void;
}

/**
 * Finds a consumer whose positions go to a broker that is not the group's coordinator any more. A coordinator that moves
 * is noticed by the next heartbeat, and the group joined again. But where the new one still loads the group at that
 * moment, kafkajs goes on without having joined: its heartbeats go to the new coordinator, which answers them, its
 * positions to the former one, which refuses them for ever. Only joining anew ends that.
 */
export function createMisledCommits({ rejoinAfterMs, now, rejoin }: MisledCommitsDeps): MisledCommits {
  let since: number | undefined;

  return {
    settled() {
      since = undefined;
    },
    refused(error) {
      if (!isOfAnotherCoordinator(error)) return;
      since ??= now();
      if (now() - since < rejoinAfterMs) return;
      since = undefined;
      rejoin();
    },
  };
}

function isOfAnotherCoordinator(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'type') === 'NOT_COORDINATOR_FOR_GROUP';
}
