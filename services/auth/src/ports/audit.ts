/** The port on which use cases report events that matter to operators and account owners. */
import type { SecurityDataOf, SecurityEventType } from '@latchkey/events';

/** An event. The request and the time are added later. */
export type AuditedEvent = {
  [T in SecurityEventType]: { readonly type: T; readonly data: Omit<SecurityDataOf<T>, 'person'> };
}[SecurityEventType];

/** The request during which an event happened. */
export interface RequestOrigin {
  readonly correlationId: string;
  readonly ip: string;
  readonly userAgent: string;
}

export interface AuditReport {
  /** The request during which the event happened; absent if there was none. */
  readonly origin?: RequestOrigin;
  readonly occurrence: AuditedEvent;
  /**
   * A canonical address. If a verified account has it, the event is about that account. The address itself is not
   * stored.
   */
  readonly address?: string;
  /**
   * If set, at most one event with this value is recorded per minute, because such events can be triggered without
   * limit.
   */
  readonly onceAMinuteFor?: string;
}

export interface Audit {
  /**
   * Records a security event. Returns immediately and never throws. The event is written in the background; under
   * overload it is dropped and counted.
   */
  record(report: AuditReport): void;
}
