/**
 * A module to preload (`node --import`). It kills its own process with SIGKILL as soon as the process has printed the
 * text in KILL_AFTER. The process cannot do anything after that, however fast it is.
 */
const last = process.env['KILL_AFTER'];
if (!last) throw new Error('KILL_AFTER must be a text');

const { stdout } = process;
const write = stdout.write.bind(stdout) as (...words: unknown[]) => boolean;
// Kill the process after it has printed the text: on Linux, writing to a pipe is synchronous, so the reader
// gets the text.
stdout.write = (...words: unknown[]) => {
  const isWritten = write(...words);
  if (String(words[0]).includes(last)) process.kill(process.pid, 'SIGKILL');
  return isWritten;
};
