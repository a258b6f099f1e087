import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url);

/**
 * Whether the Python package `cryptography` is installed. Without it, these tests check hashes, but no
 * signatures.
 */
const hasCryptography = spawnSync('python3', ['-c', 'import cryptography']).status === 0;

const keys = hasCryptography
  ? `from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
def key_of(x): return Ed25519PublicKey.from_public_bytes(bytes_of(x))`
  : `class Unchecked:
    def verify(self, signature, message): assert len(signature) == 64
def key_of(x): return Unchecked()`;

const check = `
import sys
${keys}
vector = json.load(open(sys.argv[1]))
keys = {key['kid']: key_of(key['x']) for key in vector['jwks']['keys']}
for record in vector['records']:
    verify(record['headers'], record['value'], keys)
    for name in record['headers']:
        if name in ('content-type', 'ce_specversion', 'ce_source', 'ce_correlationid', 'ce_causationid'): continue
        if name == 'ce_personsalt' and json.loads(record['value'])['person'] is None: continue
        changed = '0000000009' if name == 'ce_sequence' else 'A' * 43
        if name == 'ce_signature' and not ${hasCryptography ? 'True' : 'False'}: continue
        if name == 'ce_signature': changed = next(iter(keys)) + '.' + 'A' * 86
        try: verify({**record['headers'], name: changed}, record['value'], keys)
        except Exception: continue
        raise SystemExit(name + ' can be changed')
print(len(vector['records']))
`;

test('the verifier of the documentation accepts the test vector, and no change of it', async (t) => {
  const document = await readFile(new URL('docs/events.md', root), 'utf8');
  const [, verifier = ''] = /^```python\n([\s\S]*?)^```/m.exec(document) ?? [];
  assert.ok(verifier.split('\n').length <= 24, 'about 20 lines');
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-verifier-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'check.py'), verifier + check);
  const vector = new URL('libs/events/vectors/chain.v1.json', root).pathname;
  const { stdout } = await run('python3', [join(folder, 'check.py'), vector]);
  assert.equal(stdout.trim(), '5');
});
