import { encodeSecurityEvent, type SecurityEvent, type SecurityEventType } from '@latchkey/events';
import type { AuditEntry } from '../ports/audit-log.ts';

/** The types of security events that owners see in the history of their account. */
const SHOWN_TO_OWNERS: ReadonlySet<SecurityEventType> = new Set([
  'LoginSucceeded',
  'LoginFailed',
  'LoginLocked',
  'DataExported',
]);

/**
 * Converts a security event to the entry that the audit log stores.
 * @throws ZodError for an event that violates its schema
 */
export function toAuditEntry(event: SecurityEvent): AuditEntry {
  const { key, headers, value } = encodeSecurityEvent(event);
  return {
    id: event.id,
    ...(key !== null && { account: key }),
    time: event.time,
    kept: key !== null && SHOWN_TO_OWNERS.has(event.type),
    headers,
    value: value.toString('utf8'),
  };
}
