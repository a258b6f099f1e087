import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, type Environment, readConfig, withCrossFieldChecks } from '@latchkey/process';
import fc from 'fast-check';
import { z } from 'zod';
import { brandSettings, createBrand, findFaultsInBrandSettings } from './brand.ts';
import { contrastRatioOf, createPalette, findBrandColorFault } from './palette.ts';

const schema = withCrossFieldChecks(z.object(brandSettings), findFaultsInBrandSettings);
const PNG = Buffer.from('89504e470d0a1a0a0000000d', 'hex');

function brand(environment: Environment) {
  return createBrand(readConfig(schema, environment), 'https://id.example.com/base');
}

function faultOf(environment: Environment): string {
  try {
    readConfig(schema, environment);
    return '';
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
}

describe('a brand', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-brand-'));
    await writeFile(join(folder, 'logo.png'), PNG);
    await writeFile(join(folder, 'logo.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(join(folder, 'empty.png'), '');
    await writeFile(join(folder, 'huge.png'), Buffer.concat([PNG, Buffer.alloc(256 * 1024)]));
  });
  after(() => rm(folder, { recursive: true }));

  it('is ours without settings', () => {
    assert.deepEqual(brand({}), { name: 'Latchkey', palette: undefined, logo: undefined });
  });

  it('has a logo from another server, or one that auth serves', () => {
    assert.deepEqual(brand({ BRAND_LOGO_URL: 'https://cdn.example.com/a/logo.png' }).logo, {
      url: 'https://cdn.example.com/a/logo.png',
      origin: 'https://cdn.example.com',
      file: undefined,
    });
    const { url, origin, file } = brand({ BRAND_LOGO_FILE: join(folder, 'logo.png') }).logo ?? assert.fail();
    assert.deepEqual(
      [url, origin, file?.type],
      ['https://id.example.com/base/api/v1/auth/logo', undefined, 'image/png'],
    );
  });

  it('is refused with what to do instead', () => {
    assert.match(faultOf({ BRAND_LOGO_FILE: join(folder, 'logo.svg') }), /must be a PNG, JPEG or GIF/);
    assert.match(faultOf({ BRAND_LOGO_FILE: join(folder, 'huge.png') }), /at most 256 KiB/);
    assert.match(faultOf({ BRAND_LOGO_FILE: join(folder, 'none.png') }), /must be a file that can be read/);
    assert.match(faultOf({ BRAND_LOGO_FILE: join(folder, 'empty.png') }), /must be a PNG, JPEG or GIF/);
    for (const path of [folder, '/dev/zero'])
      assert.match(faultOf({ BRAND_LOGO_FILE: path }), /must be a file that can be read/, path);
    assert.match(faultOf({ BRAND_LOGO_URL: 'http://example.com/logo.png' }), /must be an https URL/);
    assert.match(
      faultOf({
        BRAND_LOGO_URL: 'https://example.com/logo.png',
        BRAND_LOGO_FILE: join(folder, 'logo.png'),
      }),
      /^BRAND_LOGO_FILE: must not be set together with BRAND_LOGO_URL/,
    );
    assert.match(faultOf({ BRAND_NAME: 'Two\nlines' }), /BRAND_NAME: must not contain control characters/);
    assert.match(faultOf({ BRAND_COLOR: 'teal' }), /BRAND_COLOR: must be a color as #rrggbb/);
    assert.match(
      faultOf({ BRAND_COLOR: '#ffcc00' }),
      /BRAND_COLOR: has a contrast of 1\.5 : 1 to white, but text needs 4\.5 : 1 .*; #[0-9a-f]{6} has it/,
    );
  });
});

describe('a palette', () => {
  const color = fc
    .integer({ min: 0, max: 0xff_ff_ff })
    .map((value) => `#${value.toString(16).padStart(6, '0')}`);

  it('measures contrasts as WCAG does', () => {
    assert.equal(contrastRatioOf('#000000', '#ffffff'), 21);
    assert.equal(contrastRatioOf('#767676', '#ffffff').toFixed(2), '4.54');
  });

  it('of a color without a fault can be read on light and dark, and the color that a fault names has none', () => {
    fc.assert(
      fc.property(color, (any) => {
        const fault = findBrandColorFault(any);
        const good = fault === undefined ? any : (/(#[0-9a-f]{6}) has it$/.exec(fault)?.[1] ?? '');
        assert.equal(findBrandColorFault(good), undefined);
        const { light, dark } = createPalette(good);
        for (const { accent, strong, onAccent } of [light, dark])
          for (const ground of [accent, strong]) assert.ok(contrastRatioOf(ground, onAccent) >= 4.5);
        assert.ok(contrastRatioOf(dark.accent, '#1e2423') >= 4.5);
        for (const { accent, soft } of [light, dark]) assert.ok(contrastRatioOf(accent, soft) >= 3);
      }),
    );
  });
});
