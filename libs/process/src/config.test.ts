import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { z } from 'zod';
import {
  ConfigError,
  commonSettingSchemas,
  describeSettings,
  type Environment,
  readConfig,
  withDotEnv,
} from './config.ts';

const schema = z.object({
  MAIL_SERVER: z.string().describe('Where mails go.'),
  MAIL_PORT: commonSettingSchemas.whole({ min: 1, max: 65_535, fallback: 587 }).describe('Its port.'),
  MAIL_STARTTLS: commonSettingSchemas.flag(true),
  CORS_ORIGINS: commonSettingSchemas.list(),
  PASSWORD_SALT_KEY: z
    .string()
    .min(8, 'must have at least 8 characters')
    .optional()
    .meta({ description: 'A key.', secret: true }),
  LOG_LEVEL: z.enum(['info', 'debug']).default('info'),
});

function faultsOf(environment: Environment, of: z.ZodObject = schema): readonly string[] {
  try {
    readConfig(of, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.message, error.faults.join('\n'));
    return error.faults;
  }
  return assert.fail('no fault was found');
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-config-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function file(t: TestContext, content: string | Buffer): string {
  const path = join(folder(t), 'secret');
  writeFileSync(path, content);
  return path;
}

describe('settings', () => {
  it('are read from the environment, the others having their defaults', () => {
    assert.deepEqual(readConfig(schema, { MAIL_SERVER: 'smtp.example.com', UNKNOWN: 'x', LOG_LEVEL: '' }), {
      MAIL_SERVER: 'smtp.example.com',
      MAIL_PORT: 587,
      MAIL_STARTTLS: true,
      CORS_ORIGINS: [],
      LOG_LEVEL: 'info',
    });
  });

  it('report every fault at once, by name, and never a value', () => {
    const faults = faultsOf({
      MAIL_PORT: '70000',
      MAIL_STARTTLS: 'perhaps',
      PASSWORD_SALT_KEY: 'hunter2',
      LOG_LEVEL: 'hunter3',
    });
    assert.deepEqual(faults, [
      'MAIL_SERVER: is required',
      'MAIL_PORT: must be a whole number from 1 to 65535',
      'MAIL_STARTTLS: must be true or false',
      'PASSWORD_SALT_KEY: must have at least 8 characters',
      'LOG_LEVEL: must be "info" or "debug"',
    ]);
  });

  it('never show a secret, even if the schema quotes it', () => {
    const careless = z
      .string()
      .refine(() => false, { error: ({ input }) => `not ${input}` })
      .meta({ secret: true });
    for (const A of [careless, careless.optional()])
      assert.deepEqual(faultsOf({ A: 'hunter2' }, z.object({ A })), ['A: not …']);
  });

  it('show all that a setting without secrets may be, even if it contains the value', () => {
    assert.deepEqual(faultsOf({ MAIL_SERVER: 'x', LOG_LEVEL: 'debu' }), [
      'LOG_LEVEL: must be "info" or "debug"',
    ]);
  });

  it('may be pairs of a name and a value, each name once', () => {
    const one = z.object({ NAMES: commonSettingSchemas.pairs() });
    assert.deepEqual(readConfig(one, {}), { NAMES: {} });
    assert.deepEqual(readConfig(one, { NAMES: ' a.b=c, d=e=f ' }), { NAMES: { 'a.b': 'c', d: 'e=f' } });
    for (const NAMES of ['a', 'a=', '=a', 'a=b c', 'a=b,a=c'])
      assert.deepEqual(
        faultsOf({ NAMES }, one),
        ['NAMES: must be a list of name=value, each name once'],
        NAMES,
      );
  });

  it('may contradict each other', () => {
    const pair = z
      .object({ A: z.string(), B: z.string() })
      .refine(({ A, B }) => A === B, 'A and B must be equal');
    assert.deepEqual(faultsOf({ A: '1', B: '2' }, pair), ['A and B must be equal']);
  });

  for (const [text, value] of [
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['Yes', true],
    ['on', true],
    ['false', false],
    ['0', false],
    ['no', false],
    ['OFF', false],
  ] as const) {
    it(`take ${text} for ${value}`, () => {
      assert.deepEqual(readConfig(z.object({ F: commonSettingSchemas.flag(!value) }), { F: text }), {
        F: value,
      });
    });
  }

  for (const text of ['', ' ', '1.5', '0x10', '1e3', '12a', '99999999999999999999', '-']) {
    it(`do not take "${text}" for a whole number`, () => {
      const required = z.object({
        N: commonSettingSchemas.whole({ min: 0, max: 10_000, fallback: Number.NaN }),
      });
      assert.deepEqual(faultsOf({ N: text }, required), ['N: must be a whole number from 0 to 10000']);
    });
  }

  it('may be whole numbers at both ends of the range', () => {
    const port = z.object({ N: commonSettingSchemas.whole({ min: -1, max: 5, fallback: 0 }) });
    assert.deepEqual([readConfig(port, { N: '-1' }).N, readConfig(port, { N: ' 5 ' }).N], [-1, 5]);
    assert.equal(faultsOf({ N: '6' }, port).length, 1);
    assert.equal(faultsOf({ N: '-2' }, port).length, 1);
  });

  it('may be lists', () => {
    const list = z.object({ L: commonSettingSchemas.list() });
    assert.deepEqual(readConfig(list, { L: ' a, b ,,c,' }).L, ['a', 'b', 'c']);
  });
});

describe('a URL', () => {
  const one = z.object({ URL: commonSettingSchemas.url() });

  it('is read without slashes at its end', () => {
    for (const [given, read] of [
      ['https://a.example', 'https://a.example'],
      ['http://a.example:8080/b//', 'http://a.example:8080/b'],
      ['https://[::1]/b..c/.well-known', 'https://[::1]/b..c/.well-known'],
    ] as const)
      assert.equal(readConfig(one, { URL: given }).URL, read);
  });

  for (const [text, fault] of [
    ['a.example', 'must be an http(s) URL'],
    ['ftp://a.example', 'must be an http(s) URL'],
    ['https://a.example?b', 'must have neither a query (?) nor a fragment (#)'],
    ['https://a.example#b', 'must have neither a query (?) nor a fragment (#)'],
    ['https://ada:right@a.example', 'must contain no user name and no password'],
    ['https://ada@a.example', 'must contain no user name and no password'],
    ['https://@a.example', 'must contain no user name and no password'],
    [' https://a.example', 'must contain no spaces'],
    ['https://a.example/b c', 'must contain no spaces'],
    ['https://a.example/\tb', 'must contain no spaces'],
    ['https://a.example\\b', 'must be written with / instead of \\'],
    ['https://a.example/b/../c', 'must contain neither /./ nor /../'],
    ['https://a.example/b/..', 'must contain neither /./ nor /../'],
    ['https://a.example/./b', 'must contain neither /./ nor /../'],
    ['https://a.example/%2e%2E/b', 'must contain neither /./ nor /../'],
    ['"https://a.example"', 'must be an http(s) URL'],
  ] as const) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.deepEqual(faultsOf({ URL: text }, one), [`URL: ${fault}`]);
    });
  }
});

describe('a setting in a file', () => {
  const one = z.object({ KEY: z.string() });

  for (const ending of ['', '\n', '\r\n']) {
    it(`is read without its line end ${JSON.stringify(ending)}`, (t) => {
      assert.deepEqual(readConfig(one, { KEY_FILE: file(t, `  a\nb ${ending}`) }), { KEY: '  a\nb ' });
    });
  }

  it('must not be given directly, too', (t) => {
    const faults = faultsOf({ KEY: 'a', KEY_FILE: file(t, 'b') }, one);
    assert.deepEqual(faults, ['KEY: give either KEY or KEY_FILE, not both']);
  });

  it('must be readable and not empty; its path is not shown', (t) => {
    const missing = join(folder(t), 'missing');
    assert.deepEqual(faultsOf({ KEY_FILE: missing }, one), ['KEY_FILE: the file cannot be read (ENOENT)']);
    assert.deepEqual(faultsOf({ KEY_FILE: folder(t) }, one), ['KEY_FILE: the file cannot be read (EISDIR)']);
    assert.deepEqual(faultsOf({ KEY_FILE: file(t, '\n') }, one), ['KEY_FILE: the file is empty']);
    assert.deepEqual(readConfig(one, { KEY_FILE: file(t, 'a\n\n') }), { KEY: 'a\n' });
  });

  it('is in UTF-8, with a byte order mark or not', (t) => {
    assert.deepEqual(readConfig(one, { KEY_FILE: file(t, '\ufeffé\n') }), { KEY: 'é' });
    for (const [content, fault] of [
      [Buffer.from('\ufeffa', 'utf16le'), 'the file is not UTF-8 (UTF-16?): save it as UTF-8'],
      [Buffer.from('\ufeffa', 'utf16le').swap16(), 'the file is not UTF-8 (UTF-16?): save it as UTF-8'],
      [Buffer.from('a', 'utf16le'), 'the file is not UTF-8 (UTF-16?): save it as UTF-8'],
      [Buffer.from('p\xe4ss', 'latin1'), 'the file is not UTF-8: save it as UTF-8'],
    ] as const)
      assert.deepEqual(faultsOf({ KEY_FILE: file(t, content) }, one), [`KEY_FILE: ${fault}`]);
  });

  it('is distinguished from a setting whose own name ends in _FILE', () => {
    const both = z.object({ KEY: z.string().optional(), KEY_FILE: z.string() });
    assert.deepEqual(readConfig(both, { KEY_FILE: 'not-a-file' }), { KEY_FILE: 'not-a-file' });
  });
});

describe('a .env file', () => {
  it('is overridden by the environment', (t) => {
    const path = folder(t);
    writeFileSync(join(path, '.env'), '# comment\nA=file\nB="file b"\nC=file\nD_FILE=file\nE=file\n');
    const given = { A: 'given', C: '', D: 'given', E_FILE: 'given' };
    assert.deepEqual(withDotEnv(given, path), {
      A: 'given',
      B: 'file b',
      C: 'file',
      D: 'given',
      E_FILE: 'given',
    });
  });

  it('may be absent, but not unreadable', (t) => {
    const path = folder(t);
    assert.deepEqual(withDotEnv({ A: 'given' }, path), { A: 'given' });
    mkdirSync(join(path, '.env'));
    assert.throws(() => withDotEnv({}, path), new ConfigError(['.env: the file cannot be read (EISDIR)']));
  });
});

describe('what a .env file may contain', () => {
  function read(t: TestContext, content: string | Buffer) {
    const path = folder(t);
    writeFileSync(join(path, '.env'), content);
    return withDotEnv({}, path);
  }

  for (const [line, value] of [
    ['A=pa#ss', 'pa#ss'],
    ['A=#ss', '#ss'],
    ['A=pa#ss # comment', 'pa#ss'],
    ['A=pass # comment#', 'pass'],
    ['A="pa#ss" # comment', 'pa#ss'],
    ["A='pa #ss'", 'pa #ss'],
    [`A=it's#"1"`, `it's#"1"`],
    ['export A=pa#ss\r', 'pa#ss'],
    ['A="one#\nB=two#"', 'one#\nB=two#'],
    [String.raw`A="a\"b#c"`, 'a"b#c'],
    [String.raw`A="a\\b\n\t\$\0101\d"`, 'a\\b\n\t$A\\d'],
    [String.raw`A='a\'b\n\\c'`, String.raw`a'b\n\\c`],
    [String.raw`A=a\nb"c'`, String.raw`a\nb"c'`],
    ['A="b" #"c"', 'b'],
    ["A='b'#'c'", 'b'],
    ['A=', ''],
    ['A=""', ''],
    [' A\t=\u00a0b c\t ', 'b c'],
    ['A=b\t#c', 'b\t#c'],
    ['A={"b":["#"]}', '{"b":["#"]}'],
    ['A="b\r\nc"\r', 'b\nc'],
    ['# A="b\n  # it\'s A=c\n\t\nA=d', 'd'],
    ['A=b\nA=c', 'c'],
    ['A=$b', '$b'],
    ['A="$b"', '$b'],
    ['A=é', 'é'],
  ] as const) {
    it(`${JSON.stringify(line)} sets ${JSON.stringify(value)}`, (t) => {
      assert.deepEqual(read(t, `${line}\nZ=last\n`), { A: value, Z: 'last' });
    });
  }

  it('begins with a byte order mark or not', (t) => {
    assert.deepEqual(read(t, '\ufeffA=1\n'), { A: '1' });
  });

  it('is not UTF-16', (t) => {
    for (const content of [Buffer.from('\ufeffA=1\n', 'utf16le'), Buffer.from('A=1\n', 'utf16le')])
      assert.throws(() => read(t, content), /\.env: the file is not UTF-8 \(UTF-16\?\): save it as UTF-8/);
  });

  for (const [content, ...faults] of [
    ['A="abc\nB=2\n', 'line 1: A: the quote at the beginning of its value is not closed'],
    ["\nA='it\\'\nB=2\n", 'line 2: A: the quote at the beginning of its value is not closed'],
    ['A="abc\nB="two"\nC=3\n', 'line 2: A: has text after its closing quote'],
    ['A="a"b"\n', 'line 1: A: has text after its closing quote'],
    ['A="one\ntwo" three\n', 'line 2: A: has text after its closing quote'],
    ['A=`a`\n', 'line 1: A: begins with a backtick'],
    ['\n\nA : abc\n', 'line 3: A: must be A=value'],
    ['A\n', 'line 1: must be NAME=value'],
    ['=x\n', 'line 1: must be NAME=value'],
    ['1A=x\n', 'line 1: must be NAME=value'],
    ['MY A=x\n', 'line 1: must be NAME=value'],
    ['\ufeff\ufeffA=1\n', 'line 1: must be NAME=value'],
    ['A=1\rB=2\r', 'line 1: has a carriage return'],
    ['A=1\n B: 2\nC=3\nD="4', 'line 2: B: must be B=value', 'line 4: D: the quote'],
    [Buffer.from('A=1\nB=p\xe4ss\n', 'latin1'), 'line 2: B: the file is not UTF-8: save it as UTF-8'],
    [Buffer.from('A="\np\xe4ss=\n"', 'latin1'), 'line 2: the file is not UTF-8: save it as UTF-8'],
    [Buffer.from('A=\xe4', 'latin1'), 'line 1: A: the file is not UTF-8: save it as UTF-8'],
  ] as const) {
    it(`is refused with its line: ${JSON.stringify(String(content))}`, (t) => {
      assert.throws(
        () => read(t, content),
        (error) => {
          assert.ok(error instanceof ConfigError);
          const said = error.faults.map((fault, index) => fault.slice(0, `.env: ${faults[index]}`.length));
          assert.deepEqual(
            said,
            faults.map((fault) => `.env: ${fault}`),
          );
          return true;
        },
      );
    });
  }

  it('is refused without parts of a value', (t) => {
    const content = 'A="first\nfourth: fifth" second\nthird: 3\nthird\nB=`third`\nC=\'third\nthird="third';
    assert.throws(
      () => read(t, content),
      (error) => error instanceof ConfigError && !/first|second|third|fourth|fifth/.test(error.message),
    );
  });
});

describe('the description of settings', () => {
  it('has names, defaults, texts and what is secret', () => {
    const plain = { description: '', required: false, secret: false };
    assert.deepEqual(describeSettings(schema), [
      { name: 'MAIL_SERVER', description: 'Where mails go.', required: true, secret: false },
      { ...plain, name: 'MAIL_PORT', default: '587', description: 'Its port.' },
      { ...plain, name: 'MAIL_STARTTLS', default: 'true' },
      { ...plain, name: 'CORS_ORIGINS' },
      { ...plain, name: 'PASSWORD_SALT_KEY', description: 'A key.', secret: true },
      { ...plain, name: 'LOG_LEVEL', default: 'info' },
    ]);
  });
});
