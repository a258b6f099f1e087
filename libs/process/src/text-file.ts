/** Decodes text files that people edit. */

/**
 * Decodes the bytes of a text file in UTF-8. Skips a byte order mark at the beginning.
 * @returns the text or, if the file has another encoding, the fault and the number of the faulty line (from
 * 1)
 */
export function decodeTextFile(
  bytes: Uint8Array,
): { readonly text: string } | { readonly fault: string; readonly line?: number } {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16 || bytes.includes(0)) return { fault: 'the file is not UTF-8 (UTF-16?): save it as UTF-8' };
  const text = decode(bytes);
  return text === undefined
    ? { fault: 'the file is not UTF-8: save it as UTF-8', line: firstInvalidLine(bytes) }
    : { text };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function firstInvalidLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; ; line += 1) {
    const end = bytes.indexOf(0x0a, from);
    if (end < 0 || decode(bytes.subarray(from, end)) === undefined) return line;
    from = end + 1;
  }
}
