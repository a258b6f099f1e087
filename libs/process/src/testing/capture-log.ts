import { Writable } from 'node:stream';
import { createLogger, type Logger } from '../logger.ts';

export interface LogCapture {
  readonly logger: Logger;
  /** Returns everything that was logged so far, as text. */
  text(): string;
  lines(): readonly Readonly<Record<string, unknown>>[];
  /**
   * Waits for the first log line that matches, and resolves with it. The line may have been written already.
   */
  line(
    passes: (line: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** Creates a logger that keeps its lines in memory. */
export function captureLog(level = 'trace'): LogCapture {
  const written: string[] = [];
  const watchers = new Set<() => void>();
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      for (const watcher of watchers) watcher();
      done();
    },
  });
  function lines(): readonly Readonly<Record<string, unknown>>[] {
    return written.map((line) => JSON.parse(line));
  }
  return {
    logger: createLogger({ name: 'test', level }, sink),
    text: () => written.join(''),
    lines,
    line: (passes) =>
      new Promise((resolve) => {
        function look(): void {
          const found = lines().find(passes);
          if (found === undefined) return;
          watchers.delete(look);
          resolve(found);
        }
        watchers.add(look);
        look();
      }),
  };
}
