/**
 * Parses JSON. Returns undefined if the text is invalid, instead of throwing JSON.parse's error, which would
 * quote the text.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
