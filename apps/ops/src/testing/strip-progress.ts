/**
 * Matches a line of progress, which a command shows only if it takes long, for example `records read: 1,250 of 2,500`.
 */
const PROGRESS = /^(?!ops: )(?:.+: [\d,]+(?: of [\d,]+)?|.+ is still being created, after \d+ seconds\.)$/;

/** Returns what a command wrote to stderr, except its progress. */
export function stripProgress(err: string): string {
  return err
    .split('\n')
    .filter((line) => !PROGRESS.test(line))
    .join('\n');
}
