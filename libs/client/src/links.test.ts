import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extractLinkToken } from './links.ts';

const token = 'a-_9'.repeat(16);

test('finds the token in the path or in the parameter `token`', () => {
  for (const link of [
    `https://app.example/verify/${token}`,
    `https://app.example/verify/${token}/?utm_source=mail#top`,
    `https://app.example/verify?utm_source=mail&token=${token}&x=1#top`,
    `myapp://verify/${token}`,
    `/verify?token=${token}`,
  ])
    assert.equal(extractLinkToken(link), token, link);
});

test('finds no token in an incomplete link', () => {
  for (const link of [
    '',
    'https://app.example/verify',
    `https://app.example/verify/${token.slice(1)}`,
    `https://app.example/${token}?token=cut-off`,
    `https://app.example/verify?mytoken=${token}`,
    `https://app.example/verify#token=${token}`,
  ])
    assert.equal(extractLinkToken(link), undefined, link);
});
