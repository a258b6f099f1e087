/**
 * Matches a line of progress, for example `records read: 1,250 of 2,500`. A command prints such lines only
 * if it runs for some seconds.
 */
const PROGRESS = /^(?!ops: )(?:.+: [\d,]+(?: of [\d,]+)?|.+ is still being created, after \d+ seconds\.)$/;

/** Removes progress lines from what a command wrote to stderr. */
export function stripProgress(err: string): string {
  return err
    .split('\n')
    .filter((line) => !PROGRESS.test(line))
    .join('\n');
}
