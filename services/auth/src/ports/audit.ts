/** The port through which use cases report security events, which matter to operators and account owners. */
import type { SecurityDataOf, SecurityEventType } from '@latchkey/events';

/**
 * A security event as a use case reports it. The event's time and the data about the person are added when
 * the event is recorded.
 */
export type AuditedEvent = {
  [T in SecurityEventType]: { readonly type: T; readonly data: Omit<SecurityDataOf<T>, 'person'> };
}[SecurityEventType];

/** The data about the HTTP request during which an event happened. */
export interface RequestOrigin {
  readonly correlationId: string;
  readonly ip: string;
  readonly userAgent: string;
}

export interface SecurityEventReport {
  /** The request during which the security event happened; absent if it happened outside a request. */
  readonly origin?: RequestOrigin;
  readonly occurrence: AuditedEvent;
  /**
   * The canonical email address that the security event is about. If a verified account owns the address, the
   * event is recorded for that account. The address itself is not stored.
   */
  readonly address?: string;
  /**
   * If set, at most one security event with this key is recorded per minute. Set for events that anybody can
   * trigger without limit.
   */
  readonly onceAMinuteFor?: string;
}

export interface AuditSink {
  /**
   * Records a security event in the background. Returns immediately and never throws. Under overload, the
   * event is dropped and the drop is counted.
   */
  record(report: SecurityEventReport): void;
}
