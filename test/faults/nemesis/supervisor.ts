/** Restarts a process of the system when it exits, as an orchestrator would, and kills or pauses it on demand. */
import type { ServerProcess } from '../../support/server-process.ts';
import { createStartGate, type StartGate } from './start-gate.ts';

export interface SupervisedProcess {
  readonly name: string;
  kill(): Promise<void>;
  /**
   * Starts the process again after a kill. Waits until the gate is open, but not until the process is ready.
   * Does nothing if another start is already waiting for the gate.
   */
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Stops restarting the process when it exits. */
  release(): void;
}

/** The number of last lines of output to report. These lines are enough to show an error with its stack. */
const LAST_LINES = 12;

/**
 * Returns the lines that explain why a process has exited: its last lines of output. The last line with
 * the level `fatal` before these lines, if there is one, comes first.
 */
function explainExit(output: string): string {
  const lines = output.trimEnd().split('\n');
  const fatal = lines.slice(0, -LAST_LINES).filter((line) => line.startsWith('{"level":"fatal"'));
  return [...fatal.slice(-1), ...lines.slice(-LAST_LINES)].join('\n');
}

export interface SupervisorOptions {
  /**
   * Called when the process has exited unexpectedly, with the lines that explain the exit. The process is
   * then restarted.
   */
  onEnd(name: string, lines: string): void;
  /**
   * The gate that each start must pass. A start lasts until the process is ready or has ended. Default: a
   * gate that is always open.
   */
  readonly gate?: StartGate;
}

/** Starts to supervise a process: restarts it when it exits, and kills or pauses it on demand. */
export function superviseProcess(
  name: string,
  instance: ServerProcess,
  { onEnd, gate = createStartGate() }: SupervisorOptions,
): SupervisedProcess {
  let mayEnd = false;
  let isReleased = false;
  /**
   * Whether the process should run. A kill sets this to false, and `start` sets it to true. A start that
   * waits for the gate launches nothing if the process was killed in the meantime.
   */
  let isWanted = true;
  let starting: Promise<void> | undefined;

  async function watch(): Promise<void> {
    await instance.ended();
    if (mayEnd) return;
    onEnd(name, explainExit(instance.output()));
    await start();
  }

  function start(): Promise<void> {
    isWanted = true;
    starting ??= startOnce().finally(() => {
      starting = undefined;
    });
    return starting;
  }

  async function startOnce(): Promise<void> {
    const end = await gate.beginStart();
    if (isReleased || !isWanted) return end();
    mayEnd = false;
    instance.launch();
    void watch();
    void Promise.race([instance.ready().catch(() => undefined), instance.ended()]).finally(end);
  }

  void watch();
  return {
    name,
    kill: async () => {
      mayEnd = true;
      isWanted = false;
      await instance.end('SIGKILL');
    },
    start,
    pause: () => instance.signal('SIGSTOP'),
    resume: () => instance.signal('SIGCONT'),
    release: () => {
      isReleased = true;
      mayEnd = true;
    },
  };
}
