import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { eventually } from './eventually.ts';

const MODULE = JSON.stringify(import.meta.resolve('./end-with-test.ts'));

/**
 * Starts a process that starts a child.
 * @param more additional code that the process runs
 * @returns the process, a function that waits for the next line that it prints, and the PID of its child
 */
async function startParent(more = '') {
  const source = `
    import { spawn } from 'node:child_process';
    import { killWhenTestEnds } from ${MODULE};
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
    killWhenTestEnds(child);
    ${more}
    console.log(child.pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
  async function nextLine(): Promise<string | undefined> {
    const { done, value } = await lines.next();
    return done ? undefined : value;
  }
  return { parent, nextLine, childPid: Number(await nextLine()) };
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

  test(`a program that handles ${signal} itself can stop its servers; a second signal ends them`, async () => {
    const { parent, nextLine, childPid } = await startParent(
      `process.once('${signal}', () => console.log('stopping'));`,
    );
    parent.kill(signal);
    assert.equal(await nextLine(), 'stopping');
    assert.equal(isRunning(childPid), true);
    const exited = once(parent, 'exit');
    parent.kill(signal);
    await exited;
    await eventually(`process ${childPid} has ended`, () => !isRunning(childPid));
  });
}
