/**
 * Runs the mail sink, a mail server for benchmarks, in a separate process, so that the CPU time of the sink
 * is not counted as CPU time of the sender. The sink process runs this file as its program.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Settings } from '../../test/support/system.ts';
import { startSmtpSink } from './smtp-sink.ts';

const PROGRAM = import.meta.filename;

export interface MailSinkProcess extends AsyncDisposable {
  readonly settings: Settings;
  /** Returns how many different recipients have received a mail so far. */
  count(): Promise<number>;
}

export async function startMailSinkProcess(): Promise<MailSinkProcess> {
  const child: ChildProcess = fork(PROGRAM);
  const [settings]: Settings[] = await once(child, 'message');
  if (settings === undefined) throw new Error('the sink did not start');
  return {
    settings,
    async count() {
      child.send('count');
      const [count]: number[] = await once(child, 'message');
      return count ?? Number.NaN;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

if (process.argv[1] === PROGRAM) {
  const sink = await startSmtpSink();
  process.on('message', () => process.send?.(sink.count()));
  process.on('disconnect', () => process.exit());
  process.send?.(sink.settings);
}
