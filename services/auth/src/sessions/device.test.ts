import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectBrowserAndSystem } from './device.ts';

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

test('a device is the family of its browser and system, whatever their versions', () => {
  assert.deepEqual(detectBrowserAndSystem(CHROME), { browser: 'Chrome', system: 'Linux' });
  assert.deepEqual(detectBrowserAndSystem(CHROME.replace('125.0', '131.2')), detectBrowserAndSystem(CHROME));
  assert.deepEqual(detectBrowserAndSystem(IPHONE), { browser: 'Safari', system: 'iOS' });
});

test('arbitrary text is no device', () => {
  for (const text of ['', ' ', 'curl/8.5.0', 'Call +1 555 0100 now/1', '<b>/1 (', 'x'.repeat(4096), '$ne/1'])
    assert.deepEqual(detectBrowserAndSystem(text), {}, text);
});
