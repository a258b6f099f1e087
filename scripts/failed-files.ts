/** A reporter for Node's test runner: the files in which something failed, one a line. */
interface TestEvent {
  readonly type: string;
  /** Of a test: the file that was run, wherever the test itself is written; of a whole file only `file`. */
  readonly data: { readonly entryFile?: string; readonly file?: string };
}

// biome-ignore lint/style/noDefaultExport: how Node's test runner takes a reporter.
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failed = new Set<string>();
  for await (const { type, data } of events) {
    const file = data.entryFile ?? data.file;
    if (type === 'test:fail' && file !== undefined) failed.add(file);
  }
  for (const file of failed) yield `${file}\n`;
}
