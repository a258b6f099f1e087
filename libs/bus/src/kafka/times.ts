/** Timeouts and intervals of the Kafka consumer, in ms; tests shorten them. */
export interface KafkaTimeouts {
  /** A member without a heartbeat for this long loses its partitions. Brokers require at least 6 s by default. */
  readonly sessionTimeoutMs: number;
  /** How long a slice of records may delay other partitions of the same broker. */
  readonly patienceMs: number;
  /** A subscription without a response for this long is unhealthy. */
  readonly healthyWithinMs: number;
  /** A consumer without a response for this long, while the brokers respond to other clients, is stuck. */
  readonly stuckAfterMs: number;
  readonly watchEveryMs: number;
  /** A handler that neither resolves nor rejects for this long is stuck, unless its options say otherwise. */
  readonly handleWithinMs: number;
  /** How long commits may go to a broker that is not the group coordinator before the consumer rejoins. */
  readonly rejoinAfterMs: number;
  /** How often partitions are checked for records that are never delivered. */
  readonly progressEveryMs: number;
  /**
   * How long closing waits for a consumer to leave its group. If it has not left by then, its session must time out
   * before other members get its partitions.
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
