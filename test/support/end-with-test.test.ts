import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { eventually } from './eventually.ts';

const MODULE = JSON.stringify(import.meta.resolve('./end-with-test.ts'));

/** Starts a process that starts a child, and returns both the process and the PID of its child. */
async function startParent(): Promise<{ readonly parent: ChildProcess; readonly childPid: number }> {
  const source = `
    import { spawn } from 'node:child_process';
    import { endWithTest } from ${MODULE};
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
    endWithTest(child);
    console.log(child.pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(parent.stdout), 'line');
  return { parent, childPid: Number(line) };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`a server ends with the process of an interrupted test (${signal})`, async () => {
    const { parent, childPid } = await startParent();
    assert.equal(isRunning(childPid), true);
    const exited = once(parent, 'exit');
    parent.kill(signal);
    await exited;
    await eventually(`process ${childPid} has ended`, () => !isRunning(childPid));
  });
}
