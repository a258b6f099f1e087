/** Timeouts and intervals of the Kafka consumer, in ms; tests shorten them. */
export interface KafkaTimeouts {
  /**
   * After this time without a heartbeat, a member loses its partitions. Brokers with default settings refuse
   * a value below 6 s.
   */
  readonly sessionTimeoutMs: number;
  /** How long a slice of records may hold up other partitions of the same broker. */
  readonly patienceMs: number;
  /** After this time without a response from a broker, a subscription counts as unhealthy. */
  readonly healthyWithinMs: number;
  /**
   * After this time without a response, a consumer counts as stuck, if the brokers respond to other clients.
   */
  readonly stuckAfterMs: number;
  readonly watchEveryMs: number;
  /**
   * A handler counts as stuck if it has neither resolved nor rejected after this time. The options of a
   * subscription may set a different limit.
   */
  readonly handleWithinMs: number;
  /**
   * How long the consumer keeps committing to a broker that is not the group coordinator, before it rejoins
   * the group.
   */
  readonly rejoinAfterMs: number;
  /** How often to check whether partitions have records that are never delivered. */
  readonly progressEveryMs: number;
  /**
   * How long `close` waits for a consumer to leave its group. If it has not left by then, the other members
   * get its partitions only when its session times out.
   */
  readonly leaveWithinMs: number;
}

export const DEFAULT_KAFKA_TIMEOUTS: KafkaTimeouts = {
  sessionTimeoutMs: 10_000,
  patienceMs: 250,
  healthyWithinMs: 3000,
  stuckAfterMs: 60_000,
  watchEveryMs: 5000,
  handleWithinMs: 120_000,
  rejoinAfterMs: 10_000,
  progressEveryMs: 20_000,
  leaveWithinMs: 5000,
};
