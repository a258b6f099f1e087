/**
 * A program that subscribes with `subscribe()`, and prints each event as a line of JSON before its position is stored.
 * Its argument is a JSON object: {@link SubscriberProgramOptions}.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNTS_TOPIC, catalogue, eventTypes } from '@latchkey/events';
import { fileCursor, type Handler, subscribe } from '@latchkey/events/subscribe';
import { openPositionStoreInFile, POSITIONS_FILE } from './file-store.ts';

export interface SubscriberProgramOptions {
  /** An existing folder for the positions, which survive the end of the process. */
  readonly folder: string;
  /** Where the program reads the events: from Kafka, or from the feed. */
  readonly source: SubscriberSource;
}

export type SubscriberSource =
  | { readonly brokers: readonly string[]; readonly keys: string }
  | { readonly url: string; readonly key: string };

/** A line of the program's output: an event that was handled. */
export interface HandledEventLine {
  readonly account: string;
  readonly sequence: number;
  readonly id: string;
}

const STDOUT = 1;

const { folder, source }: SubscriberProgramOptions = JSON.parse(process.argv[2] ?? '');

const print: Handler<never> = (_event, { account, sequence, id }) => {
  const line: HandledEventLine = { account, sequence, id };
  writeSync(STDOUT, `${JSON.stringify(line)}\n`);
};

await subscribe({
  // Log no warnings, because the faults of a run cause warnings all the time. A fatal error ends the process
  // with its reason.
  logger: { info: () => undefined, warn: () => undefined, error: console.error },
  ...('url' in source
    ? { ...source, cursor: fileCursor(join(folder, 'cursor')) }
    : { ...source, group: 'checker-subscriber' }),
  store: await openPositionStoreInFile(join(folder, POSITIONS_FILE)),
  handlers: Object.fromEntries(
    eventTypes.filter((type) => catalogue[type].topic === ACCOUNTS_TOPIC).map((type) => [type, print]),
  ),
});
