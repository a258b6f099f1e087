import { ACCOUNTS_TOPIC } from '@latchkey/events';

/** Returns the SQL of the records that hold the events of an account. Other topics have records with its key, too. */
export function sqlOfEventRecords(account: string): string {
  return `FROM bus_record WHERE CAST(key AS TEXT) GLOB '${account}/*'
    AND topic = (SELECT id FROM bus_topic WHERE name = '${ACCOUNTS_TOPIC}')`;
}
