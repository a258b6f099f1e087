import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createTerminalOutput } from './terminal.ts';

function screen(isTTY: boolean) {
  const [out, err] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY })] as const;
  function read(stream: PassThrough) {
    return String(stream.read() ?? '');
  }
  return { ...createTerminalOutput(out, err), out: () => read(out), err: () => read(err) };
}

test('a line that is drawn replaces the one before, and other lines begin below it', () => {
  const { draw, print, note, end, out, err } = screen(true);
  draw?.('1 of 2');
  draw?.('1 of 2');
  draw?.('2 of 2');
  assert.equal(err(), '\r\u001b[K1 of 2\r\u001b[K2 of 2');
  print('done');
  assert.deepEqual([out(), err()], ['done\n', '\n']);
  note('by the way');
  draw?.('1 of 3');
  end();
  end();
  assert.equal(err(), 'by the way\n\r\u001b[K1 of 3\n');
});

test('a pipe that its reader closes is reported, and is no error', () => {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const { outputClosed } = createTerminalOutput(out, err);
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  err.emit('error', closed);
  assert.equal(outputClosed.aborted, false);
  out.emit('error', closed);
  assert.equal(outputClosed.aborted, true);
  assert.throws(() => out.emit('error', new Error('ENOSPC')), /ENOSPC/);
});

test('without a terminal nothing is drawn', () => {
  const { draw, note, end, err } = screen(false);
  assert.equal(draw, undefined);
  note('a line');
  end();
  assert.equal(err(), 'a line\n');
});
