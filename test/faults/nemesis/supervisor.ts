/** Keeps a process of the system running, as an orchestrator would, and kills or pauses it on demand. */
import type { ServerProcess } from '../../support/server-process.ts';

export interface Supervised {
  readonly name: string;
  kill(): Promise<void>;
  /** Starts it after a kill, without waiting for it. */
  start(): void;
  pause(): void;
  resume(): void;
  /** Does not restart it any more. */
  release(): void;
}

/** Enough for an error with its stack. */
const LAST_LINES = 12;

/**
 * Supervises a process. @param onEnd called if it exits by itself, with the last lines that it printed; it is then
 * restarted
 */
export function supervise(
  name: string,
  instance: ServerProcess,
  onEnd: (name: string, lastLines: string) => void,
): Supervised {
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
