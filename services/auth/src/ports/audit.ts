/** Where use cases report what operators and account owners may want to know. */
import type { SecurityDataOf, SecurityEventType } from '@latchkey/events';

/** What happened. Who asked for it and when is added later. */
export type Occurrence = {
  [T in SecurityEventType]: { readonly type: T; readonly data: Omit<SecurityDataOf<T>, 'person'> };
}[SecurityEventType];

/** The request during which it happened. */
export interface RequestOrigin {
  readonly correlationId: string;
  readonly ip: string;
  readonly userAgent: string;
}

export interface Report {
  /** Absent if it did not happen during a request. */
  readonly origin?: RequestOrigin;
  readonly occurrence: Occurrence;
  /**
   * A canonical address. If a verified account has it, the event is about that account. The address itself is not
   * stored.
   */
  readonly address?: string;
  /** If set, the event is written once a minute for the same text, because somebody can trigger it without limit. */
  readonly onceAMinuteFor?: string;
}

export interface Audit {
  /**
   * Records a security event. Returns at once and never throws. The event is written in the background; under
   * overload it is dropped and counted.
   */
  record(report: Report): void;
}
