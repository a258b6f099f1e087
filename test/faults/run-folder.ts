/** The files of a run for its checker: a line of JSON for each thing that happened. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** history.jsonl: a command, written once its response has arrived or was given up. Times are RFC 3339. */
export interface CommandLine {
  /** Also its X-Request-Id, and so the correlation id of what it caused. */
  readonly id: string;
  readonly op: string;
  readonly sentAt: string;
  /** null: no response, so it may have been processed or not. */
  readonly answeredAt: string | null;
  /** The request as it was sent. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number | null;
  /** The code of the problem in the response. */
  readonly code: string | null;
  readonly answer: unknown;
  /** `<account id>:<sequence>`. */
  readonly accountSequence: string | null;
}

/**
 * The response to a mail that was transferred completely. `250-lost`: it was accepted, but the sender got no
 * response.
 */
export type Said = '250' | '4xx' | '5xx' | 'closed' | '250-lost';

/** mails.jsonl: a mail whose DATA was transferred completely. */
export interface MailLine {
  readonly at: string;
  readonly messageId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly correlationId: string;
  /** When its link expires, to the minute, as its text says; null if it has no link. */
  readonly expiresAt: string | null;
  readonly said: Said;
}

/** faults.jsonl: written when the fault was over. */
export interface FaultLine {
  readonly at: string;
  readonly fault: string;
  readonly target: string;
  readonly until: string | null;
}

/** run.json */
export interface RunDescription {
  readonly seed: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** They are still up while the run is checked. */
  readonly servers: { readonly KAFKA_BROKERS: string; readonly MONGO_URL: string };
}

export interface RunFolder {
  readonly path: string;
  command(line: CommandLine): void;
  mail(line: MailLine): void;
  fault(line: FaultLine): void;
  /** Completes the files. Idempotent. */
  close(run: RunDescription): Promise<void>;
}

/** The folder must exist. */
export function createRunFolder(path: string): RunFolder {
  function open(name: string) {
    return createWriteStream(join(path, name));
  }
  const files = { history: open('history.jsonl'), mails: open('mails.jsonl'), faults: open('faults.jsonl') };
  function lineTo(file: WriteStream) {
    return (line: object) => void file.write(`${JSON.stringify(line)}\n`);
  }
  return {
    path,
    command: lineTo(files.history),
    mail: lineTo(files.mails),
    fault: lineTo(files.faults),
    async close(run) {
      for (const file of Object.values(files)) file.end();
      await Promise.all(Object.values(files).map((file) => finished(file)));
      await writeFile(join(path, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
    },
  };
}
