import { ACCOUNTS_TOPIC } from '@latchkey/events';

/**
 * Returns the FROM and WHERE clauses that select the records of an account's events. The clauses include the topic,
 * because other topics contain records with the same keys.
 */
export function createSqlSelectingEventRecords(account: string): string {
  return `FROM bus_record WHERE CAST(key AS TEXT) GLOB '${account}/*'
    AND topic = (SELECT id FROM bus_topic WHERE name = '${ACCOUNTS_TOPIC}')`;
}
