import { ACCOUNTS_TOPIC } from '@latchkey/events';

/**
 * Returns the FROM and WHERE clauses that select the records with an account's events. They name the topic, because
 * other topics have records with the same keys.
 */
export function sqlOfEventRecords(account: string): string {
  return `FROM bus_record WHERE CAST(key AS TEXT) GLOB '${account}/*'
    AND topic = (SELECT id FROM bus_topic WHERE name = '${ACCOUNTS_TOPIC}')`;
}
