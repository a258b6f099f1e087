/** A reporter for Node's test runner: its own `spec`, with the slowest files before the closing lines. */
import { relative } from 'node:path';
import { Readable } from 'node:stream';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';

const SLOWEST = 20;

interface FileTime {
  readonly file: string;
  readonly ms: number;
}

/** Returns the time of a whole file, including the start of its process; undefined for any other event. */
function fileTimeOf({ type, data }: TestEvent): FileTime | undefined {
  // The runner reports a file like a test, but without the `entryFile` that every test in it has.
  if (type !== 'test:complete' || data.nesting > 0 || 'entryFile' in data) return undefined;
  return { file: relative('', data.name), ms: data.details.duration_ms };
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
    // The plan of the whole run: only the closing lines follow.
    if (event.type === 'test:plan' && event.data.nesting === 0 && event.data.file === undefined)
      yield { type: 'test:diagnostic', data: { nesting: 0, level: 'info', message: slowestOf(times) } };
  }
}

export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  yield* Readable.from(withSlowest(events)).compose(new spec());
}
