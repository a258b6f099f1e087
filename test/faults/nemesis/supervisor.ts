/** Restarts a process of the system when it exits, as an orchestrator would, and kills or pauses it on demand. */
import type { ServerProcess } from '../../support/server-process.ts';

export interface SupervisedProcess {
  readonly name: string;
  kill(): Promise<void>;
  /** Starts the process after a kill, without waiting until it is ready. */
  start(): void;
  pause(): void;
  resume(): void;
  /** Stops restarting the process. */
  release(): void;
}

/** The number of lines to report: enough for an error with its stack. */
const LAST_LINES = 12;

/**
 * Supervises a process.
 * @param onEnd called with the last lines of output when the process exits by itself; the process is then restarted
 */
export function superviseProcess(
  name: string,
  instance: ServerProcess,
  onEnd: (name: string, lastLines: string) => void,
): SupervisedProcess {
  let mayEnd = false;

  async function watch(): Promise<void> {
    await instance.ended();
    if (mayEnd) return;
    onEnd(name, instance.output().trimEnd().split('\n').slice(-LAST_LINES).join('\n'));
    start();
  }

  function start(): void {
    mayEnd = false;
    instance.launch();
    void watch();
  }

  void watch();
  return {
    name,
    kill: async () => {
      mayEnd = true;
      await instance.end('SIGKILL');
    },
    start,
    pause: () => instance.signal('SIGSTOP'),
    resume: () => instance.signal('SIGCONT'),
    release: () => {
      mayEnd = true;
    },
  };
}
