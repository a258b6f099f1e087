import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { captureLog } from './testing/capture-log.ts';

const linkToken = `${'aZ09-_'.repeat(10)}aaaa`;
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
const jwe = 'eyJhbGciOiJFQ0RILUVTIn0..aXY.Y2lwaGVy.dGFn';
const address = 'ada.love+x@mail.example.com';

function logged(write: (logger: ReturnType<typeof captureLog>['logger']) => void) {
  const log = captureLog();
  write(log.logger);
  const [line = {}] = log.lines();
  return { line, text: log.text() };
}

describe('a log line', () => {
  it('is JSON with time, level, name and what was logged', () => {
    const { line } = logged((logger) => logger.info({ route: '/users/:id', ms: 1.5 }, 'request'));
    const { time, ...rest } = line;
    assert.deepEqual(rest, { level: 'info', name: 'test', route: '/users/:id', ms: 1.5, msg: 'request' });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
  });

  for (const key of [
    'password',
    'newPassword',
    'accessToken',
    'email',
    'Authorization',
    'set-cookie',
    'sealed',
    'person',
    'username',
    'firstName',
    'recipients',
    'PASSWORD_SALT_KEY',
    'clientSecret',
    'refresh_token',
  ]) {
    it(`hides ${key}, at any depth`, () => {
      const secret = { a: { b: [{ [key]: 'hunter2' }] }, [key]: { inner: 'hunter2' } };
      const { text, line } = logged((logger) => logger.warn(secret, 'something'));
      assert.ok(!text.includes('hunter2'));
      assert.equal(line[key], '[redacted]');
      assert.equal(line['msg'], 'something');
    });
  }

  it('keeps counts and flags, whatever they are called', () => {
    const { line } = logged((logger) => logger.info({ tokens: 3, verifiedEmail: true, password: null }));
    assert.deepEqual([line['tokens'], line['verifiedEmail'], line['password']], [3, true, null]);
  });

  for (const [what, secret] of Object.entries({ linkToken, jwt, jwe, address })) {
    it(`hides a ${what} in fields, messages, arguments and bindings of children`, () => {
      for (const write of [
        logged((logger) => logger.info({ note: `see /verify/${secret}?x` })),
        logged((logger) => logger.info(`see ${secret}\n`)),
        logged((logger) => logger.info('see %s', secret)),
        logged((logger) => logger.info({ deep: [{ note: `"${secret}"` }] })),
        logged((logger) => logger.info(`\n${secret}\n`)),
        logged((logger) => logger.info(`\\\n${secret}`)),
        logged((logger) => logger.child({ note: secret }).info('hello')),
      ]) {
        assert.ok(!write.text.includes(secret));
        assert.match(write.text, /\[redacted/);
      }
    });

    it(`hides a ${what} in errors and their causes`, () => {
      const error = new Error(`no ${secret}`, { cause: new Error(`because of ${secret}`) });
      for (const write of [
        logged((logger) => logger.error({ err: error }, 'failed')),
        logged((logger) => logger.error({ err: error })),
        logged((logger) => logger.error(error)),
      ]) {
        assert.ok(!write.text.includes(secret));
        assert.match(write.text, /logger\.test/, 'the stack stays');
      }
    });
  }

  it('keeps what merely looks similar', () => {
    const harmless = `${'a'.repeat(63)} ${'b'.repeat(65)} node_modules/@koa/router/index.js eyJ 12:30`;
    assert.equal(logged((logger) => logger.info({ note: harmless })).line['note'], harmless);
  });

  it('shows the kind, text, code, stack and causes of an error, and no other properties', () => {
    const error = Object.assign(new TypeError('broken', { cause: new Error('root') }), {
      code: 'E_BROKEN',
      command: { hunter: 'hunter2' },
    });
    const { line, text } = logged((logger) => logger.error({ err: error }));
    const { stack, cause, ...rest } = line['err'] as Record<string, unknown>;
    assert.deepEqual(rest, { type: 'TypeError', message: 'broken', code: 'E_BROKEN' });
    assert.match(String(stack), /logger\.test/);
    assert.equal((cause as Record<string, unknown>)['message'], 'root');
    assert.ok(!text.includes('hunter2'));
  });

  it('accepts an error that is its own cause, and values that are no errors', () => {
    const error = new Error('round');
    error.cause = error;
    assert.match(logged((logger) => logger.error({ err: error })).text, /round/);
    assert.equal(logged((logger) => logger.error({ err: 'a text' })).line['err'], 'a text');
    assert.equal(logged((logger) => logger.error({ err: { hunter: 2 } })).line['err'], '[not an Error]');
  });
});
