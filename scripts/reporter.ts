/**
 * A reporter for Node's test runner. It prints what Node's reporter `spec` prints, and the slowest test files before
 * the summary.
 */
import { relative } from 'node:path';
import { Readable } from 'node:stream';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';
import { SHARED_PROCESS_SUFFIX } from './test-processes.ts';

const SLOWEST = 20;

interface FileTime {
  readonly file: string;
  readonly ms: number;
}

/**
 * Returns the duration of a test file; undefined if the event is not the end of a file. If a process runs only one
 * file, the duration includes the start of the process.
 */
function fileTimeOf({ type, data }: TestEvent): FileTime | undefined {
  if (type !== 'test:complete' || data.nesting > 0) return undefined;
  // The runner also reports each process as a test. Only the tests inside a process have `entryFile`, so an
  // event without `entryFile` is about a process.
  const entry = 'entryFile' in data ? String(data.entryFile) : undefined;
  const isFile =
    entry === undefined ? !data.name.endsWith(SHARED_PROCESS_SUFFIX) : entry.endsWith(SHARED_PROCESS_SUFFIX);
  return isFile ? { file: relative('', data.name), ms: data.details.duration_ms } : undefined;
}

function lineOf({ file, ms }: FileTime): string {
  return `${(ms / 1000).toFixed(1).padStart(8)} s  ${file}`;
}

function slowestOf(times: readonly FileTime[]): string {
  const slowest = times.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  return ['slowest files', ...slowest.map(lineOf)].join('\n');
}

async function* withSlowest(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  const times: FileTime[] = [];
  for await (const event of events) {
    const time = fileTimeOf(event);
    if (time) times.push(time);
    yield event;
    // This event is the plan of the whole run, which the runner sends last before its summary.
    if (event.type === 'test:plan' && event.data.nesting === 0 && event.data.file === undefined)
      yield { type: 'test:diagnostic', data: { nesting: 0, level: 'info', message: slowestOf(times) } };
  }
}

export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  yield* Readable.from(withSlowest(events)).compose(new spec());
}
